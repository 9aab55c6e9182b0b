/**
 * Commands run by one shell that stays: it forks in a millisecond, where this process, with its large memory, takes a dozen. A run
 * starts thousands of them. Ends with this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Ran {
  /** 124 when the time was over. */
  readonly code: number;
  /** Standard output, then standard error. */
  readonly words: string;
}

// Each line is a command of its own in the background; when it ends, its number and code come back.
const LOOP = `while IFS= read -r line; do eval "{ $line; } &"; done; wait`;

let shell: ChildProcess | undefined;
let folder = "";
let count = 0;
const waiting = new Map<number, (code: number) => void>();

function start(): ChildProcess {
  folder = mkdtempSync(join(tmpdir(), "vgdiff-shell-"));
  const child = spawn("sh", ["-c", LOOP], { stdio: ["pipe", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [id, code] = line.split(" ").map(Number);
    waiting.get(id!)?.(code!);
    waiting.delete(id!);
  });
  // Nothing waits for it: it ends when its input does, and its files with the run.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  (child.stdout as unknown as { unref(): void }).unref();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return child;
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs a command to its end, or to `seconds`. Never throws for what the command does. */
export async function run(command: string, args: readonly string[], seconds: number): Promise<Ran> {
  shell ??= start();
  const id = count++;
  const [out, err] = [join(folder, `${id}.out`), join(folder, `${id}.err`)];
  const ended = new Promise<number>((resolve) => waiting.set(id, resolve));
  // Keeps this process alive while a command is under way.
  const alive = setInterval(() => undefined, 60_000);
  const words = [command, ...args].map(quoted).join(" ");
  shell.stdin!.write(`timeout ${seconds} ${words} >${quoted(out)} 2>${quoted(err)} </dev/null; echo ${id} $?\n`);
  const code = await ended.finally(() => clearInterval(alive));
  const said = [out, err].map((file) => {
    const text = readFileSync(file, "utf8");
    rmSync(file);
    return text;
  });
  return { code, words: said.join("").trim() };
}
