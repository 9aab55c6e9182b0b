// Node dependencies, exactly as package-lock.json says. Whether they are there is read from the folders themselves, not
// from a note of ours: somebody may have run npm in between.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure, tail } from "../failure.mjs";
import { pinnedNode } from "../machine.mjs";
import { isExecutable, run, systemEnv, which } from "../run.mjs";
import { text } from "../say.mjs";
import { freeMib, needSpace } from "./space.mjs";

const NEEDED_MIB = 900;
const FULL_MIB = 50;
const FEW = 100;

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }> }} Lock */

/**
 * Which packages of the lock file are not installed, or in another version. npm writes its own note of what it installed
 * last of all, so a killed `npm ci` is seen as well.
 * @param {string} root @returns {string[]}
 */
export function missingDependencies(root) {
  /** @type {Lock} */
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const note = join(root, "node_modules", ".package-lock.json");
  /** @type {Lock} */
  const noted = existsSync(note) ? JSON.parse(readFileSync(note, "utf8")) : { packages: {} };
  const missing = [];
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === "" || entry.link) continue;
    const there = noted.packages[path]?.version === entry.version && existsSync(join(root, path, "package.json"));
    // What is optional is for another system or architecture, when npm has left it out.
    const leftOut = (entry.optional || entry.devOptional) && noted.packages[path] === undefined;
    if (!there && !(leftOut && existsSync(note))) missing.push(path.replace(/^.*node_modules\//, ""));
  }
  return missing;
}

/**
 * What npm's output says went wrong.
 * @param {string} output @returns {"registry-unreachable" | "disk-full" | "npm-failed"}
 */
export function readNpmFailure(output) {
  if (/ENOSPC|No space left on device/.test(output)) return "disk-full";
  const network =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E50[0-9]|UNABLE_TO_(VERIFY|GET)_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|FETCH_ERROR|ENOTCACHED)\b|network (timeout|request)/;
  return network.test(output) ? "registry-unreachable" : "npm-failed";
}

const UNATTENDED = ["--loglevel=http", "--fetch-timeout=60000"];
const PATIENCE = ["--fetch-retries=2", "--fetch-retry-mintimeout=1500", "--fetch-retry-maxtimeout=6000"];

/**
 * Runs npm in the checkout, unattended, and shows its requests.
 * @param {import("./step.mjs").Machine} machine
 * @param {{ verb: string[], under?: string, progress: (requests: number) => void }} how `under`: a Node to run npm with, other than the system's
 */
export async function npm(machine, { verb, under, progress }) {
  const command = which("npm", machine.path) ?? "npm";
  const before = under ? [under, "--no-deprecation", realpathSync(command)] : [command];
  const [program, ...args] = /** @type {[string, ...string[]]} */ ([...before, ...verb, ...UNATTENDED, ...PATIENCE]);
  let requests = 0;
  const ran = await run(program, args, {
    cwd: machine.root,
    // Install scripts run npm themselves: what is said here holds for them as well.
    env: {
      ...systemEnv(machine.env),
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_prefer_offline: "true",
    },
    onLine: (l) => {
      if (/^npm http /.test(l)) progress(++requests);
    },
  });
  if (ran.code === 0) return;
  // Every fetched address is a line; what matters are the errors, of which the first say most.
  const errors = ran.output.split("\n").filter((l) => /^npm (ERR!|error)\s+\S/i.test(l) && !/\s+at |npm http/.test(l));
  const free = await freeMib(machine.root);
  // A disk that filled up makes npm, or a script that it runs, fail in many words.
  const code = free < FULL_MIB ? "disk-full" : readNpmFailure(errors.join("\n") || ran.output);
  throw new SetupFailure(code, {
    where: code === "disk-full" ? machine.root : `npm ${verb.join(" ")}`,
    detail: errors.slice(0, 8).join("\n") || tail(ran.output),
    facts: { free, needed: NEEDED_MIB },
  });
}

/** @type {import("./step.mjs").Step} */
export const dependencies = {
  id: "dependencies",
  lacking: async (machine) => missingDependencies(machine.root),
  make: async (machine, lacking, progress) => {
    await needSpace(machine.root, NEEDED_MIB);
    const packages = lacking.length;
    const said = (/** @type {number} */ requests) => progress(text("dependencies.progress", { requests, packages }));
    // One package first: with five hundred, npm takes minutes to find out that the registry does not answer.
    await npm(machine, { verb: ["cache", "add", `node@${machine.nodeVersion}`], progress: () => {} });
    // `npm ci` begins by deleting what is there. Where most is, only the difference is made, so that a registry that
    // fails half-way does not leave less than before; the lock file is held to either way, by `lacking`.
    const few = lacking.length < FEW && !lacking.includes("node");
    const under = few && isExecutable(pinnedNode(machine)) ? pinnedNode(machine) : undefined;
    const verb = under ? ["install", "--no-save"] : ["ci"];
    await npm(machine, { verb: [...verb, "--include=dev"], under, progress: said });
  },
  there: (machine) => {
    const { packages } = JSON.parse(readFileSync(join(machine.root, "node_modules", ".package-lock.json"), "utf8"));
    return text("dependencies.there", { count: Object.keys(packages).length });
  },
};
