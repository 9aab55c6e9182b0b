// First source: a Pulumi of the pinned version that is on PATH already, linked into place with what lies beside it (the
// language hosts). The npm package's own `pulumi` on npm's PATH is no engine but a launcher, and npm's PATH is not asked.
import { mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { isExecutable } from "../../run.mjs";
import { text } from "../../say.mjs";
import { engineFolder, saysVersion } from "./place.mjs";

/** @param {import("../../machine.mjs").Machine} machine @returns {Promise<string | undefined>} */
export async function fromPath(machine) {
  const found = machine.path.map((folder) => join(folder, "pulumi")).filter(isExecutable);
  if (found.length === 0) return text("engine.path.none");
  for (const candidate of found) {
    const binary = realpathSync(candidate);
    if (binary.endsWith(".js") || !(await saysVersion(binary, machine.engineVersion))) continue;
    const folder = engineFolder(machine);
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(dirname(binary)).filter((n) => /^pulumi(-|$)/.test(n))) {
      rmSync(join(folder, name), { force: true });
      symlinkSync(join(dirname(binary), name), join(folder, name));
    }
    return undefined;
  }
  return text("engine.path.other", { list: found.join(", ") });
}
