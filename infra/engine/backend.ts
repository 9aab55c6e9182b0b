// Where the engine keeps its state: files below the state folder, locked by a passphrase made once. Nothing in the cloud.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CODE, isTrusted } from "../../setup/code-folder.mjs";
import { EngineError } from "./errors.ts";

export const PROJECT = "vonggac";

/** Where Pulumi.yaml (`stackConfigDir`) has the engine keep a stack's settings, with the salt of its passphrase. */
const settingsFile = (checkout: string, stack: string): string => join(checkout, ".vonggac", `Pulumi.${stack}.yaml`);

/** Makes the backend's folder and passphrase if they are not there, and gives the environment that the engine needs. */
export function engineEnvironment({ stack, stateDir, checkout }: StackPlace): Record<string, string> {
  mkdirSync(join(checkout, ".vonggac"), { recursive: true, mode: 0o700 });
  mkdirSync(join(stateDir, "pulumi"), { recursive: true, mode: 0o700 });
  const passphraseFile = join(stateDir, "passphrase");
  try {
    writeFileSync(passphraseFile, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
    // Salted for a passphrase that is no more.
    rmSync(settingsFile(checkout, stack), { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return {
    // The policy pack is run by the `node` on PATH: ours, which reads TypeScript.
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    PULUMI_BACKEND_URL: `file://${join(stateDir, "pulumi")}`,
    PULUMI_CONFIG_PASSPHRASE: readFileSync(passphraseFile, "utf8"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The whole state is written twice a step otherwise, about 50 ms a resource. A lab loses nothing by it: create adopts
    // what it finds by name, so that an `up` that was killed is healed by the next one.
    PULUMI_EXPERIMENTAL: "true",
    PULUMI_SKIP_CHECKPOINTS: "true",
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    // Garbage is collected at four times the size that Go would choose: an engine lives for seconds, and the cores have the lab to start.
    GOGC: "400",
    // Provider and policy pack are read as our other programs are (ADR 14); half of their start is reading code.
    ...(isTrusted(CODE) && { NODE_COMPILE_CACHE: CODE, NODE_COMPILE_CACHE_PORTABLE: "1" }),
  };
}

/** The engine knows the stack already. */
export const hasStack = (stateDir: string, stack: string): boolean =>
  existsSync(join(stateDir, "pulumi", ".pulumi", "stacks", PROJECT, `${stack}.json`));

/** URNs of the stack's resources that the engine refuses to remove. */
export function protectedOf(stateDir: string, stack: string): string[] {
  if (!hasStack(stateDir, stack)) return [];
  const state = JSON.parse(
    readFileSync(join(stateDir, "pulumi", ".pulumi", "stacks", PROJECT, `${stack}.json`), "utf8"),
  );
  const { checkpoint } = state as { checkpoint: { latest?: { resources?: { urn: string; protect?: boolean }[] } } };
  return (checkpoint.latest?.resources ?? []).flatMap((r) => (r.protect ? [r.urn] : []));
}

/** Which stack, where its state is, and where its program is. */
export interface StackPlace {
  stack: string;
  stateDir: string;
  checkout: string;
}

/** Forgets what the engine knew of a stack of which nothing is left. */
export function forgetStack({ stack, stateDir, checkout }: StackPlace): void {
  const folder = join(stateDir, "pulumi", ".pulumi", "stacks", PROJECT);
  for (const end of ["json", "json.attrs", "json.bak", "json.bak.attrs"])
    rmSync(join(folder, `${stack}.${end}`), { force: true });
  rmSync(settingsFile(checkout, stack), { force: true });
}

interface Lock {
  pid: number;
  hostname: string;
  username: string;
  timestamp: string;
}

/** How long a run waits for another one: an engine whose command was killed still ends what it had begun. */
const BUSY_MS = 15_000;

/**
 * Removes locks of the stack that were left by an engine that is no more (killed, or before a restart of the machine).
 * Throws `engine-busy` when one is still held by a living process, or from another machine.
 */
export async function dropStaleLocks(stateDir: string, stack: string): Promise<void> {
  const folder = join(stateDir, "pulumi", ".pulumi", "locks", "organization", PROJECT, stack);
  for (const end = Date.now() + BUSY_MS; ; await sleep(200)) {
    const held = list(folder).filter((file) => !dropIfStale(join(folder, file)));
    if (held.length === 0) return;
    const lock = JSON.parse(readFileSync(join(folder, held[0]!), "utf8")) as Lock;
    // Of a run on another machine nothing can be known here.
    if (lock.hostname === hostname() && Date.now() < end) continue;
    const detail = `another run (process ${lock.pid} on ${lock.hostname}, since ${lock.timestamp}) works on it`;
    const remedy =
      lock.hostname === hostname() ? "wait until it ends" : `if it is dead, remove ${join(folder, held[0]!)}`;
    throw new EngineError("engine-busy", stack, detail, remedy);
  }
}

/** True when the lock is gone, because it was stale or because its holder has just ended. */
function dropIfStale(file: string): boolean {
  let lock: Lock;
  try {
    lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    return !existsSync(file);
  }
  if (lock.hostname !== hostname() || isEngine(lock.pid)) return false;
  rmSync(file, { force: true });
  return true;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

/** A number may be another's by now: only a pulumi holds a lock. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi";
  } catch {
    return false;
  }
}
