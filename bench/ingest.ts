// How many items a second the console keeps: durable, acknowledged, correlated, over mutual TLS, with the load generator on the
// same machine. The peer keeps nothing: Alertmanager takes alerts into memory by plain HTTP, in batches of 500.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { alertmanager } from "./ingest/alertmanager.ts";
import type { Mix } from "./ingest/frames.ts";
import { connectLoad, type Load, type Run } from "./ingest/load.ts";
import { type Server, startServer } from "./ingest/server.ts";
import { prepareWorld } from "./ingest/world.ts";

const round = (n: number, digits = 0) => Number(n.toFixed(digits));
const quantile = (sorted: number[], q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;

interface Measured {
  items_per_second: number;
  ack_p50_ms: number;
  ack_p99_ms: number;
  /** From the last ack until the derived tables had everything. */
  catch_up_ms: number;
  server_cpu_us_per_item: number;
}

/** `--seconds S` (8) each run, `--connections N` (200), `--unacked K` (2) frames a connection, `--offered R` (50000) items/s. */
export async function ingest(args: string[]): Promise<unknown> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "8" },
      connections: { type: "string", default: "200" },
      unacked: { type: "string", default: "2" },
      offered: { type: "string", default: "50000" },
      profile: { type: "string" },
      "no-peer": { type: "boolean", default: false },
    },
  });
  const ms = Number(values.seconds) * 1000;
  const connections = Number(values.connections);
  const unacked = Number(values.unacked);
  const offered = Number(values.offered);
  const world = await prepareWorld(connections);
  const profile = values.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", values.profile];
  const server = await startServer(world, profile);
  try {
    const load = await connectLoad(world, connections, "mixed");
    await load.closed(2_000, unacked); // the compiler's turn
    const most = await measure(server, load, "mixed", () => load.closed(ms, unacked));
    await sleep(500);
    const steady = await measure(server, load, "mixed", () => load.open(ms, offered));
    const turning = await measure(server, load, "turning", () => load.closed(ms / 2, unacked));
    const memory = server.memoryMiB();
    load.end();
    const ours = {
      ...most,
      offered_50000: steady,
      every_item_turns: turning,
      bytes_per_item: round(load.bytesPerItem),
      connections,
      server_mib: round(memory.peak),
    };
    const peer = values["no-peer"] ? {} : { alertmanager: await alertmanager(ms) };
    const theirs =
      peer.alertmanager && "items_per_second" in peer.alertmanager ? peer.alertmanager.items_per_second : 0;
    return { ours, peer, ratio: theirs > 0 ? round(most.items_per_second / theirs, 2) : null };
  } finally {
    await server.end();
    world.end();
  }
}

async function measure(server: Server, load: Load, mix: Mix, act: () => Promise<Run>): Promise<Measured> {
  load.mix(mix);
  const cpu = server.cpuMs();
  const run = await act();
  const acked = performance.now();
  for (;;) {
    const { record, lagMs } = await server.status();
    if (record.items >= load.sent() && (lagMs ?? 0) === 0) break;
    await sleep(5);
  }
  const catchUpMs = performance.now() - acked;
  return {
    items_per_second: round((run.items / (run.tookMs + catchUpMs)) * 1000),
    ack_p50_ms: round(quantile(run.latencies, 0.5), 1),
    ack_p99_ms: round(quantile(run.latencies, 0.99), 1),
    catch_up_ms: round(catchUpMs),
    server_cpu_us_per_item: round(((server.cpuMs() - cpu) * 1000) / run.items, 2),
  };
}
