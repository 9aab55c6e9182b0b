// After a real `up`: nothing of any secret in the vault stands in the engine's state, in the texts beside it, or in a log.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { ensureLab, ROOT, STACK, whyNoLab } from "../support/lab.ts";

const skip = whyNoLab() ?? false;
before(async () => {
  if (!skip) await ensureLab();
});

const STATE = path.join(ROOT, ".vonggac", ...(STACK === "lab" ? [] : ["stacks", STACK]));
const RUN = `/run/vonggac/${STACK}`;
/** Certificates, indexes, marks and the wrong DS are public; a word shorter than this proves nothing. */
const isPublic = (name: string) => /\.(crt|json|mark|wrong-ds)$/.test(name);
const LEAST = 32;

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

/** The long words of a secret that nothing else has: PEM lines, tokens, HMAC keys. */
const words = (text: string) =>
  text.split(/\s+/).filter((w) => w.length >= LEAST && !w.startsWith("MIGHAgEAMBMGByqGSM49") && !w.includes("-----"));

test("no secret of the vault stands in the engine's state, its texts or a log", { skip, timeout: 300_000 }, () => {
  const vault = path.join(STATE, "vault");
  const secrets = new Map(
    filesBelow(vault)
      .filter((file) => !isPublic(file))
      .flatMap((file) => words(readFileSync(file, "utf8")).map((w) => [w, path.relative(vault, file)] as const)),
  );
  assert.ok(secrets.size > 50, `${secrets.size} secrets`);
  const logs = readdirSync(RUN).flatMap((host) => filesBelow(path.join(RUN, host, "var/log")));
  const places = [...filesBelow(path.join(STATE, "pulumi")), ...filesBelow(path.join(STATE, "content")), ...logs];
  assert.ok(
    places.some((p) => p.includes(".pulumi/stacks") || p.includes("/stacks/")),
    "the state was looked at",
  );
  const pattern = [...secrets.keys()];
  for (const place of places) {
    const text = readFileSync(place, "latin1");
    for (const word of pattern) assert.ok(!text.includes(word), `${secrets.get(word)} stands in ${place}`);
  }
});
