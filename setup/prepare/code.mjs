// The compiled form of our programs, made once by root, so that agents and console, whose accounts may not write there, start
// from it; and that of what the engine starts at each run. Made again when the sources have changed: a hash over them is kept beside it. A cache: nothing depends on it.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CODE } from "../code-folder.mjs";
import { SetupFailure } from "../failure.mjs";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { run } from "../run.mjs";
import { text } from "../say.mjs";
import { hashOf } from "./screen.mjs";

const MADE_OF = ["agent", "cli", "console", "infra", "protocol", "package-lock.json"];
const PROGRAMS = [
  "agent/main.ts",
  "console/main.ts",
  "console/enrol-ca/main.ts",
  "infra/platforms/lab/provider/main.ts",
  "infra/policy/main.mjs",
  // The engine's runner of policy packs loads it, though ours needs no compiler.
  "node_modules/typescript/lib/typescript.js",
];
const STAMP = join(CODE, ".sources");

/** @param {string} root */
const isStale = (root) => !existsSync(STAMP) || readFileSync(STAMP, "utf8") !== hashOf(root, MADE_OF);

/** @type {import("./step.mjs").Step} */
export const code = {
  id: "code",
  lacking: async ({ root }) => (isStale(root) ? PROGRAMS : []),
  make: async (machine) => {
    const { root } = machine;
    const sources = hashOf(root, MADE_OF);
    rmSync(CODE, { recursive: true, force: true });
    const imports = PROGRAMS.map(
      (program) => `await import(${JSON.stringify(pathToFileURL(join(root, program)).href)});`,
    );
    const args = ["--import", join(root, "setup", "compile-cache.mjs"), "--input-type=module", "--eval"];
    const ran = await run(pinnedNode(machine), [...args, `${imports.join("")} process.exit(0)`], {
      cwd: root,
      env: projectEnv(machine),
    });
    if (ran.code !== 0)
      throw new SetupFailure("code-compile-failed", { where: root, detail: ran.output.slice(0, 2_000) });
    await bundle(machine);
    // Node writes each entry for its own account only.
    for (const entry of readdirSync(CODE, { recursive: true, withFileTypes: true }))
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
    writeFileSync(STAMP, sources, { mode: 0o644 });
  },
  there: () => text("code.there"),
};

/** Makes the bundle of `vonggac check`, and its compiled form by running it once. @param {import("../machine.mjs").Machine} machine */
async function bundle(machine) {
  for (const args of [
    [join("setup", "prepare", "check-bundle.mjs")],
    [join("cli", "vonggac.mjs"), "check", "dnssec", "--explain", "ZONE_CHAIN_BROKEN"],
  ]) {
    const ran = await run(pinnedNode(machine), args, { cwd: machine.root, env: projectEnv(machine) });
    if (ran.code !== 0)
      throw new SetupFailure("code-compile-failed", { where: args[0] ?? "", detail: ran.output.slice(0, 2_000) });
  }
}
