// Room where this host must be able to write: octets and files, whichever is scarcer.
import type { Finding } from "../../protocol/finding.ts";
import type { Check, Space } from "../check.ts";

const FULL_FRACTION = 0.01;
const MIB = 1_048_576;

export const disk: Check<"disk"> = {
  id: "disk",
  kind: "disk",
  sees: "kernel",
  clauses: ["Decree 333/2026 art. 7"],
  async run({ expects: { paths, warnFraction } }, world) {
    return {
      findings: paths.flatMap((path): Finding[] => {
        const space = world.space(path);
        const left = space && fractionLeft(space);
        if (!space || left === undefined || left >= warnFraction) return [];
        const tag = left < FULL_FRACTION ? "DISK_FULL" : "DISK_ALMOST_FULL";
        return [
          {
            subject: path,
            tag,
            evidence: { path, leftPercent: Math.floor(left * 100), leftMiB: Math.floor(space.freeBytes / MIB) },
          },
        ];
      }),
    };
  },
};

/** Undefined of what has no size at all: a view of the kernel's, no disk. */
function fractionLeft({ bytes, freeBytes, files, freeFiles }: Space): number | undefined {
  if (bytes === 0) return undefined;
  return Math.min(freeBytes / bytes, files > 0 ? freeFiles / files : 1);
}
