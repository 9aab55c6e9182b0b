// What every step of set-up is told: where the checkout lies, who runs it, and for what. Read once, at the start.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemPath } from "./run.mjs";

/**
 * @typedef {object} Machine
 * @property {string} root the checkout's folder
 * @property {"start" | "test"} purpose tests need a browser besides
 * @property {boolean} isRoot
 * @property {NodeJS.ProcessEnv} env
 * @property {string} home
 * @property {string[]} path folders to look for programs
 * @property {string} engineVersion of the Pulumi CLI: the version of the npm package `pulumi`
 * @property {string} nodeVersion of Node for the project's own programs: the version of the npm package `node`
 */

/** @param {"start" | "test"} purpose @returns {Machine} */
export function thisMachine(purpose) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return {
    root,
    purpose,
    isRoot: process.getuid?.() === 0,
    env: process.env,
    home: homedir(),
    path: systemPath(process.env),
    engineVersion: dependencies.pulumi,
    nodeVersion: dependencies.node,
  };
}

/** The pinned Node's binary, once it is installed. @param {Pick<Machine, "root">} machine */
export const pinnedNode = (machine) => join(machine.root, "node_modules", "node", "bin", "node");

/**
 * The environment in which the project's own programs run: the pinned Node first on PATH.
 * @param {Pick<Machine, "root" | "env" | "path">} machine @returns {NodeJS.ProcessEnv}
 */
export function projectEnv(machine) {
  return { ...machine.env, PATH: [join(machine.root, "node_modules", ".bin"), ...machine.path].join(":") };
}
