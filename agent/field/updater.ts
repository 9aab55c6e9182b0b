// Puts a fetched release in the place of the one that runs, and takes it back when the console does not acknowledge it. Runs as root, apart
// from the agent. The rules:
//  1. What was fetched is copied to where the agent cannot write, and judged there.
//  2. A release is unpacked beside and gets its name when it is whole and on the disk; `current` is one link, moved by one rename.
//  3. Before the link moves, the state file says from where to where. Whoever finds it, after a power cut at any step, goes on: a release
//     that was swapped in is watched anew.
//  4. It is good when acks of the new release came within `ackWithinMs` and kept coming, none later than that after the one before, until
//     `watchMs` are over. Otherwise the link goes back.
//  5. A release that was taken back or refused is not tried again.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseRelease, type Release } from "../../protocol/release.ts";
import { AgentError } from "../errors.ts";
import { writeFileDurably } from "../files.ts";
import type { Acked } from "./acked.ts";
import { type Outcome, parseOutcome } from "./outcome.ts";
import { acceptable } from "./rules.ts";

export interface UpdaterParts {
  /** `/opt/vonggac-agent`: `releases/<serial>/` and the link `current`. */
  base: string;
  /** The agent's state folder, which the agent writes: `incoming/`, `acked.json`. */
  agentState: string;
  /** The updater's own: `state.json`, `outcome.json`. */
  ownState: string;
  /** PEM of the pinned key. */
  key: string;
  arch: string;
  ackWithinMs: number;
  watchMs: number;
  restartAgent(): Promise<void>;
  now(): number;
  log(event: string, about: Record<string, unknown>): void;
  /** Called after each step; tests end the process there. */
  step?(name: string): void;
}

interface State {
  phase: "swap" | "watch";
  from: number;
  to: number;
}

const LOOK_MS = 250;
const FILES = ["release.txt", "release.sig", "payload.tar.gz"] as const;

/** One upgrade from where it stands; nothing to do is fine. Gives what became of it. Throws only what is nobody's to foresee. */
export async function runUpdate(parts: UpdaterParts): Promise<Outcome["outcome"] | "nothing"> {
  const { ownState, agentState } = parts;
  const step = (name: string) => parts.step?.(name);
  mkdirSync(ownState, { recursive: true });
  mkdirSync(join(parts.base, "releases"), { recursive: true });
  const interrupted = readState(parts);
  if (!interrupted) {
    sweep(parts);
    if (!existsSync(join(agentState, "incoming/ready"))) return "nothing";
    const staged = stage(parts, step);
    if (typeof staged === "string") return staged;
    writeState(parts, { phase: "swap", from: serialOf(parts), to: staged.serial });
    step("decided");
  }
  const state = readState(parts)!;
  if (state.phase === "swap") {
    rmSync(join(agentState, "acked.json"), { force: true });
    point(parts, state.to);
    step("swapped");
    writeState(parts, { ...state, phase: "watch" });
    step("noted");
  }
  // An older mark must not speak for the new one; a new one is made within a second.
  rmSync(join(agentState, "acked.json"), { force: true });
  await parts.restartAgent();
  step("restarted");
  const isGood = await acksCome(parts, state.to);
  step("watched");
  if (!isGood) {
    point(parts, state.from);
    step("pointed-back");
    tell(parts, state.to, "rolled-back", "acks-stopped");
    clearState(parts);
    await parts.restartAgent();
    step("restarted-old");
  } else {
    tell(parts, state.to, "installed");
    clearState(parts);
  }
  sweep(parts);
  return isGood ? "installed" : "rolled-back";
}

/** Judges what was fetched and unpacks it. A refusal leaves nothing of it. */
function stage(parts: UpdaterParts, step: (name: string) => void): Release | "refused" {
  const own = join(parts.base, "releases/.incoming");
  const incoming = join(parts.agentState, "incoming");
  let known: Release | undefined;
  try {
    rmSync(own, { recursive: true, force: true });
    mkdirSync(own, { mode: 0o700 });
    for (const name of FILES) {
      const file = join(incoming, name);
      // The agent's folder: a link in it may lead anywhere.
      if (!lstatSync(file).isFile()) throw new AgentError("release-damaged", `${name} is no file`);
      copyFileSync(file, join(own, name));
    }
    step("copied");
    const text = readFileSync(join(own, "release.txt"), "utf8");
    known = parseRelease(text);
    const signature = readFileSync(join(own, "release.sig"));
    const release = acceptable({ text, signature }, { key: parts.key, serial: serialOf(parts), arch: parts.arch });
    const payload = readFileSync(join(own, "payload.tar.gz"));
    if (payload.length !== release.bytes || createHash("sha256").update(payload).digest("hex") !== release.sha256)
      throw new AgentError("release-damaged", "the payload is not the one that was signed");
    step("verified");
    const beside = join(parts.base, `releases/.new-${release.serial}`);
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside);
    execFileSync("tar", ["-xzf", join(own, "payload.tar.gz"), "-C", beside, "--no-same-owner"], { stdio: "pipe" });
    execFileSync("chmod", ["-R", "u=rwX,go=rX", beside]);
    copyFileSync(join(own, "release.txt"), join(beside, "release.txt"));
    step("unpacked");
    flushTree(beside);
    const place = join(parts.base, `releases/${release.serial}`);
    rmSync(place, { recursive: true, force: true });
    renameSync(beside, place);
    flushFolder(dirname(place));
    step("placed");
    rmSync(incoming, { recursive: true, force: true });
    rmSync(own, { recursive: true, force: true });
    step("cleared");
    return release;
  } catch (error) {
    const code = error instanceof AgentError ? error.code : isFull(error) ? "release-no-space" : "release-damaged";
    parts.log("release-refused", { code, error: (error as Error).message });
    tell(parts, known?.serial ?? 0, "refused", code, known?.version);
    rmSync(incoming, { recursive: true, force: true });
    sweep(parts);
    return "refused";
  }
}

/** Rule 4. Time is counted by waiting, so that a clock that is set does not decide. */
async function acksCome({ agentState, ackWithinMs, watchMs }: UpdaterParts, serial: number): Promise<boolean> {
  let [mark, sinceMark] = ["", 0];
  for (let waited = 0; ; waited += LOOK_MS) {
    const acked = readAcked(join(agentState, "acked.json"));
    if (acked?.serial === serial && acked.mark !== mark) [mark, sinceMark] = [acked.mark, 0];
    if (sinceMark >= ackWithinMs) return false;
    if (waited >= watchMs) return mark !== "";
    await sleep(LOOK_MS);
    sinceMark += LOOK_MS;
  }
}

function readAcked(path: string): Acked | undefined {
  try {
    if (!lstatSync(path).isFile()) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as Acked;
  } catch {
    return undefined;
  }
}

/** Serial of what `current` points at; 0 where there is none. */
export function serialOf({ base }: Pick<UpdaterParts, "base">): number {
  try {
    return Number(/(\d+)$/.exec(readlinkSync(join(base, "current")))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function point({ base }: UpdaterParts, serial: number): void {
  const beside = join(base, "current.new");
  rmSync(beside, { force: true });
  symlinkSync(`releases/${serial}`, beside);
  renameSync(beside, join(base, "current"));
  flushFolder(base);
}

const statePath = ({ ownState }: UpdaterParts) => join(ownState, "state.json");
const writeState = (parts: UpdaterParts, state: State) =>
  writeFileDurably(statePath(parts), JSON.stringify(state), 0o600);
function readState(parts: UpdaterParts): State | undefined {
  return existsSync(statePath(parts)) ? (JSON.parse(readFileSync(statePath(parts), "utf8")) as State) : undefined;
}
function clearState(parts: UpdaterParts): void {
  rmSync(statePath(parts), { force: true });
  flushFolder(parts.ownState);
}

function tell(parts: UpdaterParts, serial: number, outcome: Outcome["outcome"], code?: string, version?: string): void {
  const release = parseRelease(readOr(join(parts.base, `releases/${serial}/release.txt`), ""));
  const told: Outcome = {
    serial,
    version: version ?? release?.version ?? "",
    outcome,
    ...(code === undefined ? {} : { code }),
    at: parts.now(),
  };
  writeFileDurably(join(parts.ownState, "outcome.json"), JSON.stringify(told), 0o644);
  parts.log("release", { ...told });
}

/** What the updater said last. */
export const lastOutcome = (file: string): Outcome | undefined => parseOutcome(readOr(file, ""));

/** Halves that a power cut left, and all but the running release and the one before it. */
function sweep(parts: UpdaterParts): void {
  const folder = join(parts.base, "releases");
  const current = serialOf(parts);
  const state = readState(parts);
  const older = readdirSync(folder)
    .map(Number)
    .filter((n) => n > 0 && n < current)
    .sort((a, b) => b - a);
  const keep = new Set([String(current), String(older[0]), String(state?.from), String(state?.to)]);
  for (const name of readdirSync(folder))
    if (!keep.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

function flushTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) flushTree(path);
    else if (entry.isFile()) flushFolder(path);
  }
  flushFolder(folder);
}

function flushFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

const isFull = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === "ENOSPC" ||
  /No space left on device/.test(String((error as { stderr?: unknown }).stderr ?? ""));
