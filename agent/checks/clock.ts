// This host's clock and those of the time servers: who is apart from the most of them is wrong (RFC 5905 §11.2 in small). With one
// server nobody can say which of the two is wrong: then the host is named, whose clock it is that matters here.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, World } from "../check.ts";
import { offsetMs, readTime, timeRequest } from "../wire/ntp.ts";

const NTP = 123;
const TRIES = 2;
const TIMEOUT_MS = 1_000;

type Server = TargetOf<"clock">["expects"]["servers"][number];
type Seen = { server: Server } & ({ offset: number } | { finding: Finding });

export const clock: Check<"clock"> = {
  id: "clock",
  kind: "clock",
  sees: "network",
  clauses: ["RFC 8633 §3", "RFC 5905 §8 and §11.2"],
  async run({ expects: { servers, maxOffsetMs }, agent }, world) {
    const seen = await Promise.all(servers.map((server) => look(server, world)));
    const told = seen.flatMap((s) => ("finding" in s ? [s.finding] : []));
    const heard = seen.flatMap((s) => ("offset" in s ? [s] : []));
    const middle = median([0, ...heard.map((s) => s.offset)]);
    const apart = (offset: number) => Math.abs(offset - middle) > maxOffsetMs;
    const alone = heard.length === 1 && Math.abs(heard[0]!.offset) > maxOffsetMs;
    const findings = [...told];
    // A round figure: an evidence that changes with every run would be told with every run.
    const seconds = (ms: number) => Math.round(ms / 1_000);
    if (alone || apart(0))
      findings.push({
        subject: agent,
        tag: "CLOCK_WRONG",
        evidence: { aheadSeconds: seconds(-(alone ? heard[0]!.offset : middle)) },
      });
    for (const { server, offset } of heard)
      if (!alone && apart(offset))
        findings.push({
          subject: server.address,
          tag: "TIME_SERVER_WRONG",
          evidence: { server: server.name, address: server.address, aheadSeconds: seconds(offset - middle) },
        });
    return { findings };
  },
};

async function look(server: Server, world: World): Promise<Seen> {
  const { name, address } = server;
  const finding = (tag: string, evidence: Finding["evidence"]): Seen => ({
    server,
    finding: { subject: address, tag, evidence: { server: name, address, ...evidence } },
  });
  let why = "timeout";
  for (let i = 0; i < TRIES; i++) {
    const cookie = Uint8Array.from({ length: 8 }, () => world.random16() & 0xff);
    const askedAt = world.now();
    const seen = await world.exchangeUdp(
      { address, port: NTP },
      timeRequest(cookie),
      (bytes) => readTime(bytes, cookie) !== undefined,
      TIMEOUT_MS,
    );
    const heardAt = world.now();
    const answer = seen.ok ? readTime(seen.answer, cookie) : undefined;
    if (answer?.unsynchronised) return finding("TIME_SERVER_UNSYNCHRONISED", { stratum: answer.stratum });
    if (answer) return { server, offset: offsetMs(askedAt, answer, heardAt) };
    if (!seen.ok) why = seen.why;
  }
  return finding("TIME_SERVER_UNREACHABLE", { why });
}

/** The lower of two middle ones. */
const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)]!;
