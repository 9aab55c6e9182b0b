// The Pulumi engine, where `npx pulumi` and the Automation API look for it. Four sources, asked in this order; the first
// that can give the pinned version does. docs/adr/0002 says why there are so many.
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "../failure.mjs";
import { line, text } from "../say.mjs";
import { fromGoModules } from "./engine/modules.mjs";
import { fromOfficialInstaller } from "./engine/official.mjs";
import { fromPath } from "./engine/path.mjs";
import { engineFolder, saysVersion } from "./engine/place.mjs";

/** @typedef {import("../machine.mjs").Machine} Machine */
/**
 * A source either leaves the engine in its folder and returns nothing, or returns why it cannot.
 * @typedef {{ id: string, give: (machine: Machine, progress: (howFar: string) => void) => Promise<string | undefined> }} Source
 */

/** @type {readonly Source[]} */
export const SOURCES = [
  { id: "path", give: fromPath },
  { id: "official", give: fromOfficialInstaller },
  { id: "modules", give: fromGoModules },
];

const POLICY = "pulumi-analyzer-policy-nodejs";
/** What the engine runs for a policy pack in TypeScript, where the Node.js language host is not at hand. */
const POLICY_SCRIPT = `#!/bin/sh
exec node -e 'require(require.resolve("@pulumi/pulumi/cmd/run-policy-pack",{paths:[process.cwd()]}))' policy "$@"
`;

/** @type {import("./step.mjs").Step} */
export const engine = {
  id: "engine",
  lacking: async (machine) => {
    const folder = engineFolder(machine);
    const lacking = [];
    if (!(await saysVersion(join(folder, "pulumi"), machine.engineVersion)))
      lacking.push(`pulumi ${machine.engineVersion}`);
    if (!existsSync(join(folder, POLICY))) lacking.push(POLICY);
    return lacking;
  },
  make: async (machine, _lacking, progress) => {
    const folder = engineFolder(machine);
    if (!(await saysVersion(join(folder, "pulumi"), machine.engineVersion))) await obtain(machine, SOURCES, progress);
    if (!existsSync(join(folder, POLICY))) {
      writeFileSync(join(folder, POLICY), POLICY_SCRIPT);
      chmodSync(join(folder, POLICY), 0o755);
    }
  },
  there: (machine) => {
    const byHand = existsSync(join(engineFolder(machine), "pulumi-language-nodejs"))
      ? ""
      : ` ${text("engine.no-language-host")}`;
    return `pulumi ${machine.engineVersion}${byHand}`;
  },
};

/**
 * Asks the sources in turn. Throws `engine-unavailable` with every source's reason when none can.
 * @param {Machine} machine @param {readonly Source[]} sources @param {(howFar: string) => void} progress
 */
export async function obtain(machine, sources, progress) {
  const reasons = [];
  for (const source of sources) {
    const why = await source.give(machine, progress);
    if (why === undefined) return;
    reasons.push(`${text(`engine.source.${source.id}`)}: ${why}`);
    line(`      ${reasons.at(-1)}`);
  }
  throw new SetupFailure("engine-unavailable", {
    where: engineFolder(machine),
    detail: reasons.join("\n"),
    facts: { version: machine.engineVersion },
  });
}
