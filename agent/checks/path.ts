// How good the way to the data centre is: forty small questions to a resolver there tell what is lost and how long it takes (RFC 7680,
// RFC 2681), and one that fills a whole packet tells whether whole packets pass. A way that carries nothing at all is the
// business of other checks.
import type { Finding } from "../../protocol/finding.ts";
import type { Check, World } from "../check.ts";
import { TYPE, writeQuery } from "../wire/dns/index.ts";

const DNS = { port: 53 } as const;
const COUNT = 40;
const GAP_MS = 25;
const TIMEOUT_MS = 1_000;
const WHOLE_TRIES = 3;
/** More than one: a single packet is lost on the best of ways. */
const LOST_AT_LEAST = 2;
/** RFC 7830: what fills a message and says nothing. */
const PADDING = 12;
const IP_UDP_HEADERS = { 4: 28, 6: 48 } as const;

export const path: Check<"path"> = {
  id: "path",
  kind: "path",
  sees: "network",
  clauses: ["Circular 06/2026/TT-BKHCN art. 5", "RFC 7680", "RFC 2681", "RFC 8201 §4"],
  async run({ expects }, world) {
    const { address, name, maxRttMs, maxLossPercent, packetBytes } = expects;
    const small = await burst(address, name, 0, COUNT, world);
    const came = small.filter((took) => took !== undefined);
    if (came.length === 0) return { skipped: "nothing came back: other checks tell why" };
    const whole = await burst(address, name, packetBytes, WHOLE_TRIES, world);
    const lost = COUNT - came.length;
    const lostPercent = Math.round((100 * lost) / COUNT);
    const rttMs = Math.round(median(came) * 10) / 10;
    const findings: Finding[] = [];
    if (lost >= LOST_AT_LEAST && lostPercent > maxLossPercent)
      findings.push({ subject: address, tag: "PATH_LOSS", evidence: { address, lostPercent, sent: COUNT } });
    if (rttMs > maxRttMs)
      findings.push({ subject: address, tag: "PATH_SLOW", evidence: { address, rttMs, expected: maxRttMs } });
    if (whole.every((took) => took === undefined))
      findings.push({ subject: address, tag: "PATH_MTU", evidence: { address, packetBytes } });
    return { findings };
  },
};

/** How long each took, or undefined. `packetBytes`: the size that each packet is filled to; 0: not at all. */
async function burst(address: string, name: string, packetBytes: number, count: number, world: World) {
  const first = world.random16();
  const query = queryOf(name, packetBytes, IP_UDP_HEADERS[address.includes(":") ? 6 : 4]);
  const queries = Array.from({ length: count }, (_, i) => {
    const copy = Uint8Array.from(query);
    new DataView(copy.buffer).setUint16(0, (first + i) & 0xffff);
    return copy;
  });
  const indexOf = (answer: Uint8Array) => {
    if (answer.length < 12 || (answer[2]! & 0x80) === 0) return undefined;
    const id = (answer[0]! << 8) | answer[1]!;
    const i = (id - first) & 0xffff;
    return i < count ? i : undefined;
  };
  const seen = await world.burstUdp({ address, ...DNS }, queries, indexOf, GAP_MS, TIMEOUT_MS);
  return seen.ok ? seen.tookMs : queries.map(() => undefined);
}

function queryOf(name: string, packetBytes: number, headers: number): Uint8Array {
  const question = { id: 0, name, type: TYPE.TXT };
  if (packetBytes === 0) return writeQuery(question);
  const bare = writeQuery({ ...question, options: [{ code: PADDING, data: new Uint8Array() }] }).length;
  const data = new Uint8Array(Math.max(0, packetBytes - headers - bare));
  return writeQuery({ ...question, options: [{ code: PADDING, data }] });
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
