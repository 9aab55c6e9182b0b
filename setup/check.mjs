// `npm run check`: types, style, import rules, dead code. A tool that is content is one line; one that is not says why.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinnedNode, projectEnv, thisMachine } from "./machine.mjs";
import { run } from "./run.mjs";
import { line } from "./say.mjs";

/** @type {readonly { id: string, bin: string, args: string[], only?: string }[]} */
const TOOLS = [
  { id: "types", bin: "typescript/bin/tsc", args: ["-p", ".", "--tsBuildInfoFile", "node_modules/.cache/types.json"] },
  {
    id: "types of the screen",
    bin: "typescript/bin/tsc",
    args: ["-p", "console/ui", "--tsBuildInfoFile", "node_modules/.cache/types-of-screen.json"],
    only: "console/ui/tsconfig.json",
  },
  { id: "style", bin: "@biomejs/biome/bin/biome", args: ["check", "--error-on-warnings", "--colors=off"] },
  { id: "imports", bin: "dependency-cruiser/bin/dependency-cruise.mjs", args: ["--output-type", "err", "."] },
  { id: "dead code", bin: "knip/bin/knip.js", args: ["--no-progress"] },
];

/** Runs every tool; says which are content. @returns {Promise<{ passed: number, failed: number }>} */
export async function check() {
  const machine = thisMachine("test");
  const counts = { passed: 0, failed: 0 };
  line("check");
  for (const { id, bin, args, only } of TOOLS) {
    if (only && !existsSync(join(machine.root, only))) continue;
    const startedAt = Date.now();
    const ran = await run(pinnedNode(machine), [join(machine.root, "node_modules", bin), ...args], {
      cwd: machine.root,
      env: { ...projectEnv(machine), NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    const good = ran.code === 0;
    counts[good ? "passed" : "failed"]++;
    line(`  ${good ? "✓" : "✗"} ${id.padEnd(20)} ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    if (!good) line(ran.output.trimEnd().replace(/^/gm, "      "));
  }
  return counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await check();
  process.exitCode = failed > 0 ? 1 : 0;
}
