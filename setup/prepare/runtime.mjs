// The pinned Node must start: it comes as the npm package `node`, whose install script fetches the binary for this
// architecture. npm may have been told to run no install scripts; then the script is run here.
import { arch } from "node:os";
import { join } from "node:path";
import { SetupFailure, tail } from "../failure.mjs";
import { pinnedNode } from "../machine.mjs";
import { isExecutable, run, systemEnv } from "../run.mjs";
import { readNpmFailure } from "./dependencies.mjs";

/** What the pinned Node says of itself, or why it does not start. @param {string} binary */
async function ask(binary) {
  if (!isExecutable(binary)) return { version: "", why: "" };
  const ran = await run(binary, ["--version"], { timeoutMs: 20_000 });
  return ran.code === 0
    ? { version: ran.output.trim(), why: "" }
    : { version: "", why: tail(ran.output, 3) || `exit code ${ran.code}` };
}

/** @type {import("./step.mjs").Step} */
export const runtime = {
  id: "runtime",
  lacking: async (machine) => {
    const { version } = await ask(pinnedNode(machine));
    return version === `v${machine.nodeVersion}` ? [] : [`Node ${machine.nodeVersion}`];
  },
  make: async (machine, _lacking, progress) => {
    const where = pinnedNode(machine);
    const facts = { version: machine.nodeVersion, arch: arch() };
    // A binary that is there and does not start will not start when fetched again: a shared library is missing.
    const before = await ask(where);
    if (before.why) throw new SetupFailure("node-unusable", { where, detail: before.why, facts });
    progress(`node-linux-${arch()}@${machine.nodeVersion}`);
    const folder = join(machine.root, "node_modules", "node");
    const ran = await run(process.execPath, ["installArchSpecificPackage"], {
      cwd: folder,
      env: systemEnv(machine.env),
    });
    const after = await ask(where);
    if (after.version) return;
    const code = readNpmFailure(ran.output) === "registry-unreachable" ? "registry-unreachable" : "node-unusable";
    throw new SetupFailure(code, { where, detail: after.why || tail(ran.output), facts });
  },
  there: (machine) => `Node ${machine.nodeVersion}`,
};
