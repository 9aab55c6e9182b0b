// Room on disk: a little always, and more before the steps that write much, asked by them.
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { SetupFailure } from "../failure.mjs";

const MIB = 1024 * 1024;
const ALWAYS_MIB = 300;

/** Free MiB for this process where a path lies or will lie. @param {string} path */
export async function freeMib(path) {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  return Math.floor((bavail * bsize) / MIB);
}

/**
 * Throws `disk-full` unless there is room for what is about to be written.
 * @param {string} path @param {number} neededMib
 */
export async function needSpace(path, neededMib) {
  const free = await freeMib(path);
  if (free < neededMib) throw new SetupFailure("disk-full", { where: path, facts: { free, needed: neededMib } });
}

/** @type {import("./step.mjs").Step} */
export const space = {
  id: "space",
  lacking: async (machine) => {
    await needSpace(machine.root, ALWAYS_MIB);
    await needSpace("/run", 20);
    return [];
  },
  make: async () => {},
  there: async (machine) => `${(await freeMib(machine.root)).toLocaleString("en")} MiB`,
};
