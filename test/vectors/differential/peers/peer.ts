/**
 * The validators that ours is held against: how each is asked one question, cold, and how its words read as a verdict.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameToWire, typeName } from "../../../../agent/wire/dns/index.ts";
import { presentName } from "../../../../agent/wire/dns/text/fields.ts";
import type { Asked } from "../serve/answer.ts";
import { run } from "../shell.ts";
import type { Security } from "../zones/site.ts";

export interface Verdict {
  readonly security: Security | "no-verdict";
  /** The tool's own words. */
  readonly words: string;
}

export interface Peer {
  readonly name: string;
  ask(asked: Asked): Promise<Verdict>;
}

const PATIENCE_SECONDS = 20;

/** unbound-host (libunbound): iterates from private hints. */
export function unboundHost(folder: string, hints: string, anchor: string): Peer {
  const conf = join(folder, "unbound-host.conf");
  writeFileSync(
    conf,
    `server:\n    root-hints: "${hints}"\n    trust-anchor-file: "${anchor}"\n    val-sig-skew-min: 0\n    val-sig-skew-max: 0\n`,
  );
  return {
    name: "unbound-host",
    async ask({ name, type }) {
      const args = ["-C", conf, "-v", "-t", typeName(type), presented(name)];
      const { words } = await run("unbound-host", args, PATIENCE_SECONDS);
      return { security: unboundVerdict(words), words };
    },
  };
}

function unboundVerdict(words: string): Verdict["security"] {
  if (/\(BOGUS|security failure/.test(words)) return "bogus";
  if (/SERVFAIL/.test(words)) return "bogus";
  if (/\(insecure\)/.test(words)) return "insecure";
  return /\(secure\)/.test(words) ? "secure" : "no-verdict";
}

/** delv: asks a recursive server with CD and validates by itself. */
export function delv(folder: string, recursor: string, anchorDs: string): Peer {
  const file = join(folder, "delv.keys");
  const [, , , , tag, algorithm, digestType, ...digest] = anchorDs.trim().split(/\s+/);
  writeFileSync(file, `trust-anchors { "." static-ds ${tag} ${algorithm} ${digestType} "${digest.join("")}"; };\n`);
  return {
    name: "delv",
    async ask({ name, type }) {
      const asked = ["-t", typeName(type), "-q", presented(name)];
      const { words } = await run("delv", ["-4", `@${recursor}`, "-a", file, "+root=.", ...asked], PATIENCE_SECONDS);
      return { security: delvVerdict(words), words };
    },
  };
}

function delvVerdict(words: string): Verdict["security"] {
  if (/pending validation|resolution failed: (timed out|failure|connection)/.test(words)) return "no-verdict";
  if (/resolution failed: (?!ncache)/.test(words)) return "bogus";
  if (/unsigned answer|negative response, unsigned/.test(words)) return "insecure";
  return /fully validated/.test(words) ? "secure" : "no-verdict";
}

const presented = (name: string) => presentName(nameToWire(name));
