// The registry as it lies beside the lab's console: what this lab has, for probes and faults.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Registry } from "../../../protocol/registry.ts";
import { hostRoot, type Lab } from "./names.ts";
import { appliedHost, hostsOf } from "./notes.ts";

/** Where the console has it. */
export const REGISTRY = "/run/vonggac/registry.json";

/** Undefined where no host holds one: a lab without a console. */
export function registryOf(lab: Lab): Registry | undefined {
  const host = hostsOf(lab).find((h) => appliedHost(lab, h)?.files[REGISTRY]);
  return host === undefined
    ? undefined
    : (JSON.parse(readFileSync(join(hostRoot(lab, host), REGISTRY), "utf8")) as Registry);
}
