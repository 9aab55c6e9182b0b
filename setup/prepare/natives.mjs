// Compiled parts of dependencies, a package for each system and architecture. npm leaves out the optional packages whose
// `engines` refuse the Node that runs npm: on Debian 12, whose Node is 18, these. So npm is run once more, by the pinned Node.
import { existsSync, readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { pinnedNode } from "../machine.mjs";
import { text } from "../say.mjs";
import { npm } from "./dependencies.mjs";

/** @typedef {import("./dependencies.mjs").Lock} Lock */

/**
 * The packages of the lock file that are meant for one system only, and for this one.
 * @param {Lock} lock @param {{ os: string, cpu: string }} [here] @returns {string[]} their folders, below the checkout
 */
export function nativePackages(lock, here = { os: platform(), cpu: arch() }) {
  return Object.entries(lock.packages)
    .filter(
      ([, { os, cpu, libc }]) =>
        os !== undefined && cpu !== undefined && fits(os, here.os) && fits(cpu, here.cpu) && fits(libc, "glibc"),
    )
    .map(([path]) => path);
}

/** npm's rule: no list fits all, and `!name` leaves one out. @param {string[] | undefined} list @param {string} name */
const fits = (list, name) =>
  list === undefined || (!list.includes(`!${name}`) && (list.includes(name) || list.every((l) => l.startsWith("!"))));

/** @param {string} root */
const wanted = (root) => nativePackages(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));

/** @type {import("./step.mjs").Step} */
export const natives = {
  id: "natives",
  lacking: async ({ root }) =>
    wanted(root)
      .filter((path) => !existsSync(join(root, path, "package.json")))
      .map((path) => path.replace(/^.*node_modules\/(?=@|[^/]+$)/, "")),
  make: async (machine, lacking, progress) => {
    const packages = lacking.length;
    await npm(machine, {
      verb: ["install", "--no-save", "--include=dev"],
      under: pinnedNode(machine),
      progress: (requests) => progress(text("dependencies.progress", { requests, packages })),
    });
  },
  there: ({ root }) => text("natives.there", { count: wanted(root).length, system: `${platform()}-${arch()}` }),
};
