import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { AssignmentKeeper, type Signed, verifyAssignment } from "../../agent/assignment.ts";
import { AgentError } from "../../agent/errors.ts";

const dir = mkdtempSync(join(tmpdir(), "assignment-"));
after(() => rmSync(dir, { recursive: true }));
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519").privateKey;
const signed = (value: unknown, key = privateKey): Signed => {
  const payload = typeof value === "string" ? value : JSON.stringify(value);
  return { payload, signature: sign(null, Buffer.from(payload), key).toString("base64") };
};
const assignment = (serial: number, agent = "hub1", targets: unknown[] = []) => ({ agent, serial, targets });
let n = 0;
function keeper(path = join(dir, `${n++}.json`)) {
  const applied: number[] = [];
  const troubles: string[] = [];
  const made = new AssignmentKeeper({
    agent: "hub1",
    key: publicKey,
    path,
    apply: (a) => applied.push(a.serial),
    onTrouble: (t) => troubles.push(t.code),
  });
  return { made, applied, troubles, path };
}

test("each refusal has its name, and changes nothing", () => {
  const table: [Signed, string][] = [
    [signed(assignment(6), stranger), "assignment-not-signed"],
    [{ ...signed(assignment(6)), payload: JSON.stringify(assignment(7)) }, "assignment-not-signed"],
    [{ ...signed(assignment(6)), signature: "" }, "assignment-not-signed"],
    [signed("not json"), "assignment-invalid"],
    [signed({ agent: "hub1", serial: 6 }), "assignment-invalid"],
    [signed(assignment(6, "hub1", [{ id: "x", kind: "unheard-of" }])), "assignment-invalid"],
    [signed(assignment(6, "hub2")), "assignment-not-mine"],
    [signed(assignment(4)), "assignment-older"],
  ];
  const { made, applied, troubles, path } = keeper();
  made.take(signed(assignment(5)));
  const kept = readFileSync(path, "utf8");
  for (const [bad, code] of table) {
    made.take(bad);
    assert.equal(troubles.at(-1), code);
    assert.equal(made.state.status, "failed");
    assert.equal(made.state.serial, 5, "what is in force is what is told");
    assert.match(made.state.error!, new RegExp(code));
  }
  assert.deepEqual(applied, [5]);
  assert.equal(readFileSync(path, "utf8"), kept);
  made.take(signed(assignment(6)));
  assert.deepEqual({ ...made.state, hash: "" }, { serial: 6, hash: "", status: "applied" });
});

test("the same again is no change; an equal serial with another text is a correction", () => {
  const { made, applied } = keeper();
  const first = signed(assignment(5));
  made.take(first);
  made.take(first);
  assert.deepEqual(applied, [5]);
  made.take(signed(`${JSON.stringify(assignment(5))} `));
  assert.deepEqual(applied, [5, 5]);
});

test("a restart applies what was kept, without a console; a file that was touched is not used", () => {
  const first = keeper();
  first.made.take(signed(assignment(5)));
  const second = keeper(first.path);
  second.made.restore();
  assert.deepEqual(second.applied, [5]);
  assert.equal(second.made.state.status, "applied");
  second.made.take(signed(assignment(4)));
  assert.deepEqual(second.troubles, ["assignment-older"]);
  const text = JSON.parse(readFileSync(first.path, "utf8")) as Signed;
  writeFileSync(first.path, JSON.stringify({ ...text, payload: text.payload.replace("5", "6") }));
  for (const content of [readFileSync(first.path, "utf8"), "{", "null", "{}"]) {
    writeFileSync(first.path, content);
    const third = keeper(first.path);
    third.made.restore();
    assert.deepEqual(third.applied, []);
    assert.equal(third.troubles.length, 1, content);
  }
});

test("a folder that cannot be written: applied all the same, and said by name", () => {
  const { made, applied, troubles, path } = keeper(join(dir, "missing", "a.json"));
  made.take(signed(assignment(5)));
  assert.deepEqual(applied, [5]);
  assert.deepEqual(troubles, ["state-unwritable"]);
  assert.equal(made.state.status, "applied");
  assert.equal(existsSync(path), false);
});

test("no bytes but the signed ones are believed", () => {
  const good = signed(assignment(5));
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(good.payload.length - 1), (payload, signature, at) => {
      const flipped =
        good.payload.slice(0, at) + String.fromCharCode(good.payload.charCodeAt(at) ^ 1) + good.payload.slice(at + 1);
      for (const bad of [
        { payload, signature },
        { ...good, payload: flipped },
        { ...good, signature },
      ])
        assert.throws(
          () => verifyAssignment(bad, "hub1", publicKey, 0),
          (e) => e instanceof AgentError && e.code === "assignment-not-signed",
        );
    }),
  );
});
