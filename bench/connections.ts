// How long until every agent of a large province is back after the console was killed: mutual TLS, hello, and a batch acknowledged
// after its commit. Agents and console share the machine. The peer, NATS, verifies client certificates too, and keeps nothing.
import { parseArgs } from "node:util";
import { gather } from "./connections/crowd.ts";
import { nats } from "./connections/nats.ts";
import { startServer } from "./ingest/server.ts";
import { prepareWorld } from "./ingest/world.ts";

const round = (n: number, digits = 0) => Number(n.toFixed(digits));

/** Beats of a province that large are further apart than a small one's, or they alone would keep a core busy. */
const TIMING = { beatMs: 10_000, silentAfterMs: 30_000, settleMs: 600, recoverMs: 3_000, graceMs: 60_000 };

/** `--agents N` (19000), `--processes K` (4) of agents, `--items I` (5) in the batch after each welcome, `--no-peer`. */
export async function connections(args: string[]): Promise<unknown> {
  const { values } = parseArgs({
    args,
    options: {
      agents: { type: "string", default: "19000" },
      processes: { type: "string", default: "4" },
      items: { type: "string", default: "5" },
      "per-second": { type: "string", default: "400" },
      profile: { type: "string" },
      "no-peer": { type: "boolean", default: false },
    },
  });
  const count = Number(values.agents);
  const plan = { count, processes: Number(values.processes), perSecond: Number(values["per-second"]) };
  const world = await prepareWorld(count, (config) => Object.assign(config, { timing: TIMING }));
  const profile = values.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", values.profile];
  try {
    const ours = await reconnect();
    return { ours, peer: values["no-peer"] ? {} : { nats: await nats(world, plan) } };
  } finally {
    world.end();
  }

  async function reconnect() {
    const { port } = world.config.gateway;
    const crowd = await gather(world, { ...plan, program: "agents.ts", port, items: Number(values.items) });
    let server = await startServer(world, profile);
    try {
      const began = performance.now();
      crowd.go();
      await crowd.allBack();
      const firstMs = performance.now() - began;
      await (values.profile === undefined ? server.killed() : server.end());
      const killed = performance.now();
      server = await startServer(world, profile);
      const startedMs = performance.now() - killed;
      await crowd.allBack();
      const tookMs = performance.now() - killed;
      const cpuMs = server.cpuMs();
      const memory = server.memoryMiB();
      const { record } = await server.status();
      const { acked, lost, tries, refused } = crowd.sum();
      return {
        reconnect_seconds: round(tookMs / 1000, 1),
        server_mib: round(memory.peak),
        agents: count,
        console_started_seconds: round(startedMs / 1000, 1),
        server_cpu_ms_per_agent: round(cpuMs / count, 2),
        first_time_seconds: round(firstMs / 1000, 1),
        acked_items: acked,
        acked_items_lost: lost,
        items_doubled: Math.max(0, record.items - acked),
        tries,
        ended: refused,
      };
    } finally {
      crowd.end();
      await server.end();
    }
  }
}
