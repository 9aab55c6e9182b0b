// The console as `npm start` runs it, in a process of its own, with what the kernel says of its cost.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { adminCall } from "../../test/console/support/rig.ts";
import type { World } from "./world.ts";

const MAIN = path.join(import.meta.dirname, "../../console/main.ts");
/** Ticks a second of /proc/PID/stat: the same on every Linux that Node runs on. */
const HERTZ = 100;

export interface Server {
  status(): Promise<Status>;
  /** User and system time of the whole process, ms. */
  cpuMs(): number;
  /** Resident memory, MiB: now, and the most there has been. */
  memoryMiB(): { now: number; peak: number };
  end(): Promise<void>;
  /** Ends it as a power cut would. */
  killed(): Promise<void>;
}
export interface Status {
  agents: { live: number };
  record: { items: number; bytes: number };
  ready: boolean;
  lagMs?: number;
}

/** Starts it and waits until it answers. Rejects when it does not within 20 s. */
export async function startServer(world: World, nodeArgs: string[] = []): Promise<Server> {
  const child: ChildProcess = spawn(process.execPath, [...nodeArgs, MAIN, "--config", world.configFile], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const status = () => adminCall<Status>(world.config.adminSocket, "/status");
  for (let tries = 0; ; tries++) {
    try {
      await status();
      break;
    } catch (error) {
      if (tries > 400 || child.exitCode !== null) throw new Error("the console did not start", { cause: error });
      await sleep(50);
    }
  }
  const proc = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
  const field = (text: string, key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return {
    status,
    cpuMs() {
      const fields = proc("stat").split(") ")[1]!.split(" ");
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / HERTZ;
    },
    memoryMiB: () => ({ now: field(proc("status"), "VmRSS"), peak: field(proc("status"), "VmHWM") }),
    async end() {
      child.kill("SIGTERM");
      await gone;
    },
    async killed() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
