// Is this a machine on which the project can run? Linux, of Debian's family, with a Node that runs set-up; and root,
// but for the tests, which say what they leave out.
import { readFileSync, statSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { SetupFailure } from "../failure.mjs";
import { which } from "../run.mjs";
import { text } from "../say.mjs";

const NODE_AT_LEAST = 18;

/** @param {{ platform: string, nodeMajor: number, isRoot: boolean, purpose: string, hasApt: boolean }} seen */
export function judgeSystem(seen) {
  if (seen.platform !== "linux") throw new SetupFailure("not-linux", { where: seen.platform });
  if (seen.nodeMajor < NODE_AT_LEAST)
    throw new SetupFailure("node-too-old", {
      where: process.execPath,
      facts: { version: seen.nodeMajor, needed: NODE_AT_LEAST },
    });
  if (!seen.hasApt) throw new SetupFailure("not-debian", { where: osName() });
  if (seen.purpose === "start" && !seen.isRoot)
    throw new SetupFailure("not-root", { where: `uid ${process.getuid?.()}` });
}

/** The accounts of agents and console run this checkout: all may read it. Its upper folders do not matter, since it is bound elsewhere. @param {string} root */
export function judgeCheckout(root) {
  const closed = [".", "agent", "agent/main.ts"].map((path) => join(root, path)).find((path) => !isForAll(path));
  if (closed) throw new SetupFailure("checkout-unreadable", { where: closed });
}

/** @param {string} path */
function isForAll(path) {
  const stat = statSync(path);
  const needed = stat.isDirectory() ? 0o005 : 0o004;
  return (stat.mode & needed) === needed;
}

/** The system's own name for itself. */
function osName() {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}

/** @type {import("./step.mjs").Step} */
export const system = {
  id: "system",
  lacking: async (machine) => {
    judgeSystem({
      platform: process.platform,
      nodeMajor: Number.parseInt(process.versions.node, 10),
      isRoot: machine.isRoot,
      purpose: machine.purpose,
      hasApt: which("apt-get", machine.path) !== undefined && which("dpkg-query", machine.path) !== undefined,
    });
    if (machine.isRoot) judgeCheckout(machine.root);
    return [];
  },
  make: async () => {},
  there: (machine) =>
    `${osName()}, ${arch()}, Node ${process.versions.node}, ${machine.isRoot ? "root" : text("system.not-root")}`,
};
