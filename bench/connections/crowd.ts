// Many clients in a few processes of their own, and how many of them are back.
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../ingest/world.ts";
import type { Orders, Tally } from "./agents.ts";

const GIVE_UP_MS = 300_000;

export interface Crowd {
  /** Lets all of them connect for the first time, at their pace. */
  go(): void;
  /** Resolves when every one is back. Rejects after five minutes with what there is. */
  allBack(): Promise<void>;
  sum(): Tally;
  end(): void;
}

export interface CrowdPlan {
  program: "agents.ts" | "nats-clients.ts";
  count: number;
  processes: number;
  port: number;
  items: number;
  perSecond: number;
}

/** Resolves when every process has its keys and certificates. */
export async function gather(world: World, plan: CrowdPlan): Promise<Crowd> {
  const tallies = new Map<ChildProcess, Tally>();
  const each = Math.ceil(plan.count / plan.processes);
  const start = (k: number): Promise<void> => {
    const child = fork(path.join(import.meta.dirname, plan.program), [], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    tallies.set(child, nothing());
    const orders: Orders = {
      first: k * each,
      count: Math.min(each, plan.count - k * each),
      port: plan.port,
      from: `127.0.0.${k + 2}`,
      roots: world.roots,
      agentsCa: world.agentsCa,
      items: plan.items,
      perSecond: plan.perSecond / plan.processes,
    };
    child.send(orders);
    return new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`a process of clients ended with ${code}`)));
      child.on("message", (tally: Tally) => {
        tallies.set(child, tally);
        if (tally.t === "ready") resolve();
      });
    });
  };
  await Promise.all(Array.from({ length: plan.processes }, (_, k) => start(k)));
  const sum = (): Tally => {
    const total = nothing();
    for (const one of tallies.values()) {
      for (const key of ["back", "acked", "lost", "tries"] as const) total[key] += one[key];
      for (const [code, n] of Object.entries(one.refused)) total.refused[code] = (total.refused[code] ?? 0) + n;
    }
    return total;
  };
  return {
    go() {
      for (const child of tallies.keys()) child.send("go");
    },
    async allBack() {
      const began = performance.now();
      // What was told before is old news.
      await sleep(300);
      while (sum().back < plan.count) {
        if (performance.now() - began > GIVE_UP_MS) throw new Error(`not all came back: ${JSON.stringify(sum())}`);
        await sleep(20);
      }
    },
    sum,
    end() {
      for (const child of tallies.keys()) child.kill("SIGKILL");
    },
  };
}

const nothing = (): Tally => ({ t: "tally", back: 0, acked: 0, lost: 0, tries: 0, refused: {} });
