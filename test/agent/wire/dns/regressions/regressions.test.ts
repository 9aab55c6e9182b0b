// Cases that the differential run, or a mutated message, once brought to light; and cases in which a peer says otherwise than
// the RFC. Each file is a question with all the messages that came, and what must be said of it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type KeptCase, replay } from "../../../../vectors/differential/replay.ts";

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));

test("there are cases", () => assert.notEqual(files.length, 0));

for (const file of files) {
  const kept = JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as KeptCase;
  test(`${file}: ${kept.about.split("\n")[0]} (${kept.clause})`, () => {
    const { verdict, rcode } = replay(kept);
    assert.ok(
      kept.security.includes(verdict.security),
      `${verdict.security} (${verdict.reason}), wanted ${kept.security}`,
    );
    if (verdict.security === "secure" && kept.rcode !== undefined) assert.equal(rcode, kept.rcode);
  });
}
