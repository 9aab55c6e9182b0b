// The look at one server: its names over one TCP connection while that goes well, over UDP where it does not; never more at once
// than a server may be asked; and one that is silent is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditPlan } from "../../../agent/wire/dns/audit/seen.ts";
import { TYPE } from "../../../agent/wire/dns/index.ts";
import { startRun } from "../../../agent/wire/dns/resolve.ts";
import { Driver, type Wires } from "../../../agent/wire/dns-drive.ts";
import { lookAt } from "../../../agent/wire/zone-servers.ts";
import { answerTo } from "./dns/support/answer.ts";
import { configOf, NOW } from "./dns/support/world.ts";

const SERVER = { name: "ns1.tinh.vn.", address: "192.0.2.1" };
const HOSTS = Array.from({ length: 300 }, (_, i) => ({ name: `h${i}.tinh.vn.`, type: TYPE.A }));
const PLAN: AuditPlan = { zone: "tinh.vn.", names: HOSTS, probe: "vg-4711", own: false };

interface Habits {
  /** Of the questions over the shared connection, how many are answered before it ends. */
  readonly pipelined?: number;
  readonly silent?: true;
}

async function look({ pipelined = Number.POSITIVE_INFINITY, silent }: Habits) {
  const under = { udp: 0, pipelined: 0 };
  const most = { udp: 0, pipelined: 0 };
  const count = { udp: 0, pipelined: 0 };
  const turn = async <T>(way: "udp" | "pipelined", result: () => T) => {
    count[way]++;
    most[way] = Math.max(most[way], ++under[way]);
    await new Promise(setImmediate);
    under[way]--;
    return result();
  };
  const none = { ok: false as const, why: "timeout", detail: "" };
  let id = 0;
  const wires: Wires = {
    now: () => NOW * 1_000,
    random16: () => ++id & 0xffff,
    exchangeUdp: (_to, query, accepts) =>
      turn("udp", () => {
        const answer = answerTo(query);
        return !silent && accepts(answer) ? { ok: true as const, answer } : none;
      }),
    exchangeTcp: async (_to, query) => ({ ok: true, answer: answerTo(query) }),
    exchangePipelined: (_to, query) => {
      const isAnswered = !silent && count.pipelined < pipelined;
      return turn("pipelined", () => (isAnswered ? { ok: true as const, answer: answerTo(query) } : none));
    },
  };
  const run = () => startRun(configOf([]), NOW);
  const seen = await lookAt(new Driver(wires), run, PLAN, Promise.resolve(PLAN), SERVER);
  return { seen, most, count };
}

test("all names over one connection, and every one has its reply", async () => {
  const { seen, most, count } = await look({});
  // Two places of TLSA records beside the 300 hosts; one SOA.
  assert.equal(seen.names.length, 302);
  assert.deepEqual(
    seen.names.slice(0, 300).map(({ asked }) => asked),
    HOSTS,
  );
  for (const { asked, reply } of seen.names)
    assert.equal("message" in reply && reply.message.questions[0]!.name, asked.name);
  assert.equal(count.pipelined, 303);
  assert.ok(most.pipelined <= 128 && most.pipelined > 64, `${most.pipelined} over TCP at once`);
  assert.ok(most.udp <= 16, `${most.udp} over UDP at once`);
});

test("a connection that ends after 50 answers: the rest over UDP, in turns", async () => {
  const { seen, most, count } = await look({ pipelined: 50 });
  assert.equal(seen.names.length, 302);
  for (const { reply } of seen.names) assert.ok("message" in reply);
  assert.ok(count.pipelined <= 50 + 128, `${count.pipelined} over TCP`);
  assert.ok(count.udp >= 250, `${count.udp} over UDP`);
  assert.ok(most.udp <= 16, `${most.udp} over UDP at once`);
});

test("no TCP at all: every name over UDP, and the connection is tried once", async () => {
  const { seen, count } = await look({ pipelined: 0 });
  for (const { reply } of seen.names) assert.ok("message" in reply);
  assert.equal(count.pipelined, 1);
});

test("a silent server is asked for its SOA, over TCP once, and no more", async () => {
  const { seen, count } = await look({ silent: true });
  assert.deepEqual(seen.names, []);
  assert.deepEqual(Object.keys(seen.probes).sort(), ["soa", "soa-plain", "soa-tcp"]);
  // Twice each, with and without EDNS.
  assert.deepEqual(count, { udp: 4, pipelined: 1 });
});
