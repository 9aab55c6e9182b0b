// Brings the lab up through the project's own command, and waits until the console's page answers.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupFailure } from "../failure.mjs";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { hand } from "../run.mjs";
import { labArguments } from "./options.mjs";

const ANSWER_MS = 20_000;

/** @typedef {import("../machine.mjs").Machine} Machine */
/** @typedef {import("./options.mjs").Options} Options */

/** @typedef {{ port: number, listen: string }} Place where the console's page is */
const DEFAULT = { port: 8080, listen: "127.0.0.1" };

/** Where the page will be: as the options say, else as the running lab has it. @param {string} root @param {Partial<Place>} options @returns {Place} */
export function placeOf(root, { port, listen }) {
  const up = noted(root);
  return { port: port ?? up?.port ?? DEFAULT.port, listen: listen ?? up?.listen ?? DEFAULT.listen };
}

/** Whether our own lab is the one that holds this port: then it is not taken. @param {string} root @param {Pick<Place, "port">} place */
export const labIsUp = (root, { port }) => noted(root)?.port === port;

/** What `lab up` has written down of the lab that is up. @param {string} root @returns {Partial<Place> | undefined} */
function noted(root) {
  const note = join(root, ".vonggac", "lab.json");
  if (!existsSync(note)) return undefined;
  try {
    return JSON.parse(readFileSync(note, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {Machine} machine @param {Options} options */
export async function labUp(machine, options) {
  const code = await vonggac(machine, ["lab", "up", ...labArguments(options)]);
  if (code !== 0) throw new SetupFailure("lab-failed", { where: "vonggac lab up", facts: { code } });
}

/** A code for one sign-in, on the terminal and nowhere else. @param {Machine} machine */
export async function printSignInCode(machine) {
  const code = await vonggac(machine, ["signin"]);
  if (code !== 0) throw new SetupFailure("sign-in-failed", { where: "vonggac signin", facts: { code } });
}

/** Returns the address once it answers 200. @param {Place} place */
export async function waitForAddress({ listen, port }) {
  // A wildcard is where one listens, not where one goes.
  const host = listen === "0.0.0.0" ? "127.0.0.1" : listen === "::" ? "::1" : listen;
  const address = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  const until = Date.now() + ANSWER_MS;
  let last = "";
  while (Date.now() < until) {
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(3_000) });
      await response.arrayBuffer();
      if (response.status === 200) return address;
      last = `HTTP ${response.status}`;
    } catch (error) {
      last = String(/** @type {Error} */ (error).cause ?? error);
    }
    await sleep(250);
  }
  throw new SetupFailure("address-silent", { where: address, detail: last });
}

/** @param {Machine} machine @param {string[]} args */
const vonggac = (machine, args) =>
  hand(pinnedNode(machine), [join(machine.root, "cli", "vonggac.mjs"), ...args], {
    cwd: machine.root,
    env: projectEnv(machine),
  });
