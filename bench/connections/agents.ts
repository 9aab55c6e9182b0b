// Some thousands of agents in one process, as light as they can be: TLS, hello, one batch, beats, and the agent's own back-off when
// the line is gone. Started by bench/connections.ts with what it needs in the first message; tells how many are back.

import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { retryAfter, retryAsTold } from "../../agent/backoff.ts";
import type { ConsoleFrame } from "../../protocol/index.ts";
import { leafMaker, type Pair } from "../../test/console/support/pki.ts";
import { agentId, SERVICES } from "../ingest/world.ts";
import { receiver, textFrame, UPGRADE } from "./wire.ts";

export interface Orders {
  first: number;
  count: number;
  port: number;
  /** A loopback address of its own: ports of one pair of addresses would not suffice. */
  from: string;
  roots: string;
  agentsCa: Pair;
  items: number;
  /** Connections begun a second in the first round; afterwards they come back as agents do. */
  perSecond: number;
}

/** `back`: agents whose latest batch is acknowledged on their present connection. */
export interface Tally {
  t: "ready" | "tally";
  back: number;
  acked: number;
  lost: number;
  tries: number;
  refused: Record<string, number>;
}

const HANDSHAKE_MS = 30_000;
const BEATS = 2.5;

interface Agent {
  id: string;
  context: SecureContext;
  sent: number;
  acked: number;
  failures: number;
  isBack: boolean;
  timers: NodeJS.Timeout[];
}

const tally: Tally = { t: "tally", back: 0, acked: 0, lost: 0, tries: 0, refused: {} };
const note = (code: string) => {
  tally.refused[code] = (tally.refused[code] ?? 0) + 1;
};

function converse(orders: Orders, agent: Agent): void {
  tally.tries++;
  // The types leave out what tls hands on to net.
  const options: ConnectionOptions & { localAddress: string } = {
    host: "127.0.0.1",
    port: orders.port,
    localAddress: orders.from,
    servername: "console.test",
    secureContext: agent.context,
  };
  const socket = tlsConnect(options);
  const { take } = receiver();
  let wait: number | undefined;
  let isOver = false;
  const over = (why: string) => {
    if (isOver) return;
    isOver = true;
    for (const timer of agent.timers) clearTimeout(timer);
    agent.timers = [];
    socket.destroy();
    if (agent.isBack) tally.back--;
    agent.isBack = false;
    note(why);
    setTimeout(() => converse(orders, agent), wait ?? retryAfter(agent.failures++, Math.random()));
  };
  const watch = setTimeout(() => over("handshake-timeout"), HANDSHAKE_MS);
  agent.timers = [watch];
  socket.setNoDelay(true);
  socket.on("error", (error) => over(String((error as NodeJS.ErrnoException).code ?? error.message).slice(0, 40)));
  socket.on("close", () => over("closed"));
  socket.on("secureConnect", () => {
    socket.write(UPGRADE);
    socket.write(textFrame(helloOf(agent)));
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const text of take(chunk)) onFrame(JSON.parse(text) as ConsoleFrame);
    } catch (error) {
      over((error as Error).message.slice(0, 60));
    }
  });

  const onFrame = (frame: ConsoleFrame): void => {
    if (frame.t === "refuse") {
      wait = frame.retryAfterMs === undefined ? undefined : retryAsTold(frame.retryAfterMs, Math.random());
      over(frame.code);
    } else if (frame.t === "welcome") {
      clearTimeout(watch);
      if (frame.lastSeq < agent.acked) tally.lost += agent.acked - frame.lastSeq;
      agent.sent = frame.lastSeq + orders.items;
      socket.write(textFrame(batchOf(agent.id, frame.lastSeq + 1, orders.items)));
      const beat = setInterval(() => socket.write(textFrame(batchOf(agent.id, agent.sent + 1, 0))), frame.beatMs);
      const acks = setTimeout(() => over("no-acks"), BEATS * frame.beatMs);
      agent.timers = [beat, acks];
    } else if (frame.t === "ack") {
      agent.timers[1]?.refresh();
      tally.acked += frame.seq - agent.acked;
      agent.acked = frame.seq;
      if (agent.isBack || agent.acked < agent.sent) return;
      agent.isBack = true;
      agent.failures = 0;
      tally.back++;
    }
  };
}

const helloOf = (agent: Agent): string =>
  JSON.stringify({
    t: "hello",
    agent: agent.id,
    instance: agent.id,
    version: "bench",
    epoch: 1,
    nextSeq: agent.acked + 1,
    at: Date.now(),
    config: { serial: 0, hash: "", status: "none" },
  });

function batchOf(id: string, firstSeq: number, count: number): string {
  const at = Date.now();
  const items = Array.from({ length: count }, (_, i) => ({
    type: "report",
    check: "certificate",
    target: `${id}/certificate/${SERVICES[i % SERVICES.length]}`,
    at,
    tookMs: 12.5,
    outcome: "ran",
    findings: [],
    facts: { serial: `${firstSeq + i}`, path: `core1 hub1 ${id}` },
  }));
  return JSON.stringify({ t: "batch", epoch: 1, firstSeq, items, at });
}

process.once("message", async (orders: Orders) => {
  const leafOf = await leafMaker(orders.agentsCa);
  const agents: Agent[] = [];
  for (let i = orders.first; i < orders.first + orders.count; i++) {
    const id = agentId(i);
    const leaf = await leafOf({ san: [{ type: "url", value: `urn:vonggac:agent:${id}` }] });
    const context = createSecureContext({ ca: orders.roots, cert: leaf.cert, key: leaf.key, minVersion: "TLSv1.3" });
    agents.push({ id, context, sent: 0, acked: 0, failures: 0, isBack: false, timers: [] });
  }
  process.send!({ ...tally, t: "ready" });
  process.once("message", async () => {
    setInterval(() => process.send!(tally), 100);
    const began = performance.now();
    for (const [i, agent] of agents.entries()) {
      converse(orders, agent);
      const waitMs = began + (i / orders.perSecond) * 1_000 - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    }
  });
});
