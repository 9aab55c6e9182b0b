// The lab as a test sees it: the command line that a user has, and the console's admin socket. Every test that uses it shares one lab, which
// the last suite takes down. May touch: child processes, the lab's run folder.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus, Incident, TargetStatus } from "../../protocol/index.ts";

export const ROOT = path.resolve(import.meta.dirname, "../..");
/** The lab of the tests: beside a user's own, with namespaces, state and port of its own. */
export const STACK = process.env["VONGGAC_TEST_STACK"] ?? "test";
export const PORT = Number(process.env["VONGGAC_TEST_PORT"] ?? 18_080);
const RUN = `/run/vonggac/${STACK}`;
/** What the console of this lab keeps, also when the lab is down. */
export const RECORD = path.join(ROOT, ".vonggac/stacks", STACK, "console/record.db");

/** Why the lab cannot be had here, or undefined. */
export const whyNoLab = (): string | undefined =>
  process.platform !== "linux"
    ? "the lab needs Linux"
    : process.getuid?.() !== 0
      ? "the lab needs root for network namespaces: run as root"
      : undefined;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export function run(command: string, args: string[], timeoutMs = 300_000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, timeout: timeoutMs, maxBuffer: 64e6 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** `vonggac …`, on the tests' stack. */
export const vonggac = (...args: string[]): Promise<Ran> =>
  run(process.execPath, [path.join(ROOT, "cli/vonggac.mjs"), ...args]);

export const lab = (...args: string[]): Promise<Ran> => vonggac("lab", ...args, "--stack", STACK);

/** Like lab(), but a failure is an error that carries what was printed. */
export async function mustLab(...args: string[]): Promise<string> {
  const ran = await lab(...args);
  if (ran.code !== 0) throw new Error(`vonggac lab ${args.join(" ")}: code ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/** Brings the tests' lab up, or finds it up; every agent has spoken when it returns. */
export async function ensureLab(): Promise<void> {
  await mustLab("up", "--port", String(PORT));
  await until("every agent is live and every target reported", 90_000, async () => {
    const [agents, targets] = await Promise.all([admin<AgentStatus[]>("/agents"), admin<TargetStatus[]>("/targets")]);
    return agents.every((a) => a.presence === "live") && targets.every((t) => t.status !== "unknown");
  });
}

/** GET (or POST) on the console's admin socket, which root reaches. */
export function admin<T>(url: string, method = "GET"): Promise<T> {
  const socketPath = `${RUN}/console/run/vonggac/console-admin.sock`;
  if (!existsSync(socketPath)) return Promise.reject(new Error(`no console at ${socketPath}: is the lab up?`));
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path: url, method, timeout: 5_000 }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (d) => {
        text += d;
      });
      res.on("end", () =>
        res.statusCode === 200
          ? resolve(JSON.parse(text) as T)
          : reject(new Error(`${url}: ${res.statusCode} ${text}`)),
      );
    });
    req.on("timeout", () => req.destroy(new Error(`${url}: no answer in 5 s`)));
    req.on("error", reject).end();
  });
}

export const incidents = (): Promise<Incident[]> => admin<Incident[]>("/incidents");

/** Polls until the condition holds; its last error or a plain message when it does not in time. */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutMs;
  let last = "";
  for (;;) {
    try {
      if (await holds()) return;
      last = "";
    } catch (error) {
      last = ` (${(error as Error).message})`;
    }
    if (Date.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${what}${last}`);
    await sleep(100);
  }
}

export const inHost = (host: string, ...argv: string[]): Promise<Ran> =>
  run("ip", ["netns", "exec", namespaceOf(host), ...argv], 30_000);

/** The namespace of a host, by the lab's rule for stacks. */
export function namespaceOf(host: string): string {
  return `${NAMESPACE_PREFIX}${host}`;
}
const NAMESPACE_PREFIX = STACK === "lab" ? "vg-" : `vg${STACK}-`;

export const runFolder = (host: string): string => path.join(RUN, host);
