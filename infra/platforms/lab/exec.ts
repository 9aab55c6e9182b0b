// Runs other programs, and nothing else does. Every failure comes back with the program's own words.
import { execFile } from "node:child_process";
import { LabError } from "./errors.ts";

export interface RunOptions {
  input?: string;
  timeoutMs?: number;
  /** What the command is for, as an error says it. */
  where?: string;
}

/** PATH and language only: a secret in our own environment (the engine's passphrase) reaches no other program. */
export const CLEAN_ENV: Record<string, string> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/** Runs argv to its end and gives its standard output. Throws `tool-missing` or `command-failed`. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file!,
      args,
      { env: CLEAN_ENV, timeout: options.timeoutMs ?? 30_000, maxBuffer: 16_777_216, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const where = options.where ?? argv.slice(0, 6).join(" ");
        if ((error as NodeJS.ErrnoException).code === "ENOENT")
          return reject(
            new LabError("tool-missing", where, `${file} is not installed`, "run npm start, which installs it", error),
          );
        const words = `${stderr}${stdout}`.trim().split("\n").slice(-6).join(" | ").slice(-800);
        const detail = error.killed
          ? `ended after ${options.timeoutMs ?? 30_000} ms. ${words}`
          : words || error.message;
        reject(new LabError("command-failed", where, detail, `command: ${argv.join(" ").slice(0, 300)}`, error));
      },
    );
    // A command that reads nothing may be gone before its input is written.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

/** Like `run`, for undoing: what is gone already is no error. */
export const runIfPossible = (argv: readonly string[], options: RunOptions = {}): Promise<string | undefined> =>
  run(argv, options).catch(() => undefined);

/** A string as one word of sh. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
