// `npm run check`: types, style, import rules, dead code, secrets, known holes in dependencies. A tool that is content is one line; one
// that is not says why.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinnedNode, projectEnv, thisMachine } from "./machine.mjs";
import { run } from "./run.mjs";
import { line } from "./say.mjs";
import { add, nothingYet } from "./test/suites.mjs";

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
  { id: "secrets", bin: "secretlint/bin/secretlint.js", args: ["--secretlintignore", ".gitignore", "**/*"] },
];

/** Runs every tool; says which are content. @returns {Promise<import("./test/suites.mjs").Counts>} */
export async function check() {
  const machine = thisMachine("test");
  const counts = nothingYet();
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
    const head = `  ${good ? "✓" : "✗"} ${id.padEnd(20)} ${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    const shown = good ? head : `${head}\n${indented(ran.output)}`;
    line(shown);
    if (!good) counts.failures.push(shown);
  }
  add(counts, await advisories(machine));
  return counts;
}

/**
 * What is published against the packages that run in a province (not those that only build and test): high and critical fail. The
 * question goes to npm's registry; where none answers it, that is said and counted.
 * @param {import("./machine.mjs").Machine} machine @returns {Promise<import("./test/suites.mjs").Counts>}
 */
async function advisories({ root }) {
  const ran = await run("npm", ["audit", "--omit=dev", "--audit-level=high"], { cwd: root });
  const unanswered = /audit endpoint returned an error/.test(ran.output);
  const end = unanswered ? "skipped" : ran.code === 0 ? "passed" : "failed";
  const mark = { passed: "✓", failed: "✗", skipped: "-" }[end];
  const why = unanswered ? " skipped: the registry in use does not answer npm audit" : "";
  const head = `  ${mark} ${"advisories".padEnd(20)}${why}`;
  const shown = end === "failed" ? `${head}\n${indented(ran.output)}` : head;
  line(shown);
  return { ...nothingYet(), [end]: 1, failures: end === "failed" ? [shown] : [] };
}

const indented = (/** @type {string} */ output) => output.trimEnd().replace(/^/gm, "      ");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await check();
  process.exitCode = failed > 0 ? 1 : 0;
}
