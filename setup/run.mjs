// Child processes of set-up. A child has no stdin, its output is kept (and shown only when it matters), and its PATH is
// the system's: npm puts node_modules/.bin first, whose Node 26 may not be able to start yet.
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** @typedef {{ code: number, output: string, missing: boolean, timedOut: boolean }} Ran */

/**
 * Runs a program to its end. Never throws for what the program does: `code` is its exit code (127 where it does not
 * exist, 124 where it took longer than `timeoutMs`), `output` its stdout and stderr together.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onLine?: (line: string) => void, status?: (line: string) => void }} [options]
 *   `onLine` gets each line of output; `status` each line that the program writes to descriptor 3.
 * @returns {Promise<Ran>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? systemEnv(process.env),
      stdio: ["ignore", "pipe", "pipe", options.status ? "pipe" : "ignore"],
    });
    let output = "";
    let timedOut = false;
    const timer = options.timeoutMs
      ? setTimeout(() => {
          timedOut = true;
          child.kill("SIGTERM");
        }, options.timeoutMs)
      : undefined;
    const hear = eachLine((l) => options.onLine?.(l));
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      hear(String(chunk));
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    const third = child.stdio[3];
    if (options.status && third && "on" in third) {
      const hearStatus = eachLine(options.status);
      third.on("data", (chunk) => hearStatus(String(chunk)));
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({
        code: 127,
        output: String(error),
        missing: /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT",
        timedOut,
      });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : (code ?? 128), output, missing: false, timedOut });
    });
  });
}

/** Runs a program that speaks to the user itself. @param {string} command @param {string[]} args @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options] @returns {Promise<number>} its exit code */
export function hand(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 128));
  });
}

/** The environment without what npm adds for scripts: its PATH entries and its notes on this package. @param {NodeJS.ProcessEnv} env @returns {NodeJS.ProcessEnv} */
export function systemEnv(env) {
  const kept = Object.entries(env).filter(
    ([name]) => !/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: systemPath(env).join(delimiter) };
}

/** PATH's folders but those that npm adds, and always the system's own: root's PATH may lack sbin. @param {NodeJS.ProcessEnv} env */
export function systemPath(env) {
  const own = (env["PATH"] ?? "")
    .split(delimiter)
    .filter((d) => d && !/node_modules\/\.bin\/?$|node-gyp-bin\/?$/.test(d));
  const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return [...own, ...system.filter((d) => !own.includes(d))];
}

/** Where a program is, by a list of folders. @param {string} name @param {string[]} folders @returns {string | undefined} */
export function which(name, folders) {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {(line: string) => void} take */
function eachLine(take) {
  let rest = "";
  return (/** @type {string} */ chunk) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const l of lines) take(l);
  };
}
