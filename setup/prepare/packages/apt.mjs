// apt-get, unattended: what it says becomes a named failure, an interrupted dpkg is taken up again, a lock is waited for.
import { setTimeout as sleep } from "node:timers/promises";
import { SetupFailure, tail } from "../../failure.mjs";
import { run, systemEnv } from "../../run.mjs";
import { text } from "../../say.mjs";

const LOCK_WAIT_MS = 90_000;
const LOCK_RETRY_MS = 3_000;
const QUIET = ["-q", "-y", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"];
const NETWORK = ["-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"];

/** Which packages of a list are not installed. @param {string[]} names @returns {Promise<string[]>} */
export async function notInstalled(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how dpkg-query names its fields.
  const fields = "${binary:Package} ${db:Status-Status}\n";
  // dpkg-query exits 1 for a name that it never heard of; the others' lines come all the same.
  const ran = await run("dpkg-query", ["-W", "-f", fields, ...names]);
  const installed = new Set();
  for (const l of ran.output.split("\n")) {
    const [name, status] = l.split(" ");
    if (status === "installed") installed.add(name?.replace(/:.*$/, ""));
  }
  return names.filter((name) => !installed.has(name));
}

/**
 * Installs packages without what they only recommend. The package index is fetched only if apt does without success.
 * A mail or web server that the machine has already is not taken away for ours: only what `successors` names is.
 * @param {string[]} names @param {readonly string[]} successors those of `names` that take another's place (list.mjs)
 * @param {(howFar: string) => void} progress
 */
export async function install(names, successors, progress) {
  if (successors.length > 0) await installed([...successors], progress);
  const rest = names.filter((name) => !successors.includes(name));
  if (rest.length > 0) await installed(["--no-remove", ...rest], progress);
}

/** @param {string[]} what names, and options before them @param {(howFar: string) => void} progress */
async function installed(what, progress) {
  const args = ["install", "--no-install-recommends", ...QUIET, ...NETWORK, ...what];
  let failed = await apt(args, progress);
  if (failed?.code === "dpkg-interrupted") {
    await run("dpkg", ["--configure", "-a", "--force-confdef", "--force-confold"], { env: unattended() });
    failed = await apt(args, progress);
  }
  if (failed?.code === "apt-package-unknown" || failed?.code === "apt-unreachable") {
    progress(text("packages.index"));
    const stale = await apt(["update", "-q", ...NETWORK], progress);
    if (stale?.code === "apt-locked" || stale?.code === "disk-full") throw asFailure(stale);
    failed = await apt(args, progress);
    if (failed && stale) failed = stale;
  }
  if (failed) throw asFailure(failed);
}

/** @typedef {{ code: AptCode, detail: string }} AptFailed */
/** @typedef {"apt-locked" | "disk-full" | "apt-unreachable" | "apt-package-unknown" | "apt-would-remove" | "apt-failed" | "dpkg-interrupted"} AptCode */

/**
 * What apt's output says went wrong. Order matters: a full disk also makes fetches fail.
 * @param {string} output @returns {AptFailed}
 */
export function readAptFailure(output) {
  /** @type {[AptCode, RegExp][]} */
  const signs = [
    ["apt-locked", /Could not get lock|Unable to (acquire|lock)|is another process using it/],
    ["disk-full", /No space left on device|don't have enough free space/],
    ["apt-would-remove", /Packages need to be removed but remove is disabled/],
    ["dpkg-interrupted", /dpkg was interrupted/],
    ["apt-package-unknown", /Unable to locate package|has no installation candidate|but it is not installable/],
    [
      "apt-unreachable",
      /Failed to fetch|Unable to fetch|Could not (resolve|connect)|Temporary failure resolving|Some index files failed/,
    ],
  ];
  const code = signs.find(([, sign]) => sign.test(output))?.[0] ?? "apt-failed";
  const telling = output.split("\n").filter((l) => /^(E|W|Err|dpkg):/.test(l));
  // Which ones stands in a list of its own, long before the error.
  const removed = /will be REMOVED:\n((?: +\S.*\n?)+)/.exec(output)?.[1];
  if (code === "apt-would-remove" && removed) telling.push(`REMOVED: ${removed.trim().split(/\s+/).join(", ")}`);
  return { code, detail: tail(telling.length > 0 ? telling.join("\n") : output, 8) };
}

/** One apt-get; waits for whoever holds its locks. @param {string[]} args @param {(howFar: string) => void} progress */
async function apt(args, progress) {
  const until = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    const ran = await run("apt-get", ["-o", "APT::Status-Fd=3", ...args], {
      env: unattended(),
      status: (l) => {
        // dlstatus:<n>:<percent>:<words> and pmstatus:<package>:<percent>:<words>
        const [kind, , percent, ...words] = l.split(":");
        if (kind === "dlstatus" || kind === "pmstatus")
          progress(`${Math.round(Number(percent))} %  ${words.join(":")}`);
      },
    });
    // `apt-get update` may end with 0 although it fetched nothing.
    if (ran.code === 0 && !/Some index files failed/.test(ran.output)) return undefined;
    const failed = readAptFailure(ran.output);
    if (failed.code !== "apt-locked" || Date.now() > until) return failed;
    progress(text("packages.locked", { by: lockHolder(failed.detail) }));
    await sleep(LOCK_RETRY_MS);
  }
}

/** @param {string} detail */
const lockHolder = (detail) => /held by process (\d+ \([^)]*\))/.exec(detail)?.[1] ?? "?";

/** @param {AptFailed} failed */
function asFailure({ code, detail }) {
  return new SetupFailure(code === "dpkg-interrupted" ? "apt-failed" : code, {
    where: "apt-get",
    detail,
    facts: { by: lockHolder(detail), free: "?", needed: "?" },
  });
}

const unattended = () => ({
  ...systemEnv(process.env),
  DEBIAN_FRONTEND: "noninteractive",
  NEEDRESTART_MODE: "l",
  LC_ALL: "C",
});
