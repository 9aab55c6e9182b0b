// The driver between a run and the world: the same octets from two servers are read once and keep their ids apart; an answer to
// something else is none; a question that may go with others does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE } from "../../../agent/wire/dns/index.ts";
import type { InReply, OutQuery } from "../../../agent/wire/dns/resolver/machine.ts";
import { Driver, type Wires } from "../../../agent/wire/dns-drive.ts";
import { answerTo } from "./dns/support/answer.ts";

let id = 0;
const wires = (parts: Partial<Wires> = {}): Wires => ({
  now: () => 1_790_000_000_000,
  random16: () => ++id,
  exchangeUdp: async (_to, query, accepts) => {
    const answer = answerTo(query);
    return accepts(answer) ? { ok: true, answer } : { ok: false, why: "timeout", detail: "" };
  },
  exchangeTcp: async (_to, query) => ({ ok: true, answer: answerTo(query) }),
  exchangePipelined: async (_to, query) => ({ ok: true, answer: answerTo(query) }),
  ...parts,
});

const FLAGS = { recursionDesired: false, checkingDisabled: false, zone: "vn." } as const;
function* asking(...queries: Pick<OutQuery, "server" | "name" | "transport" | "pipelined">[]) {
  const replies: InReply[] = [];
  for (const query of queries) replies.push(yield { ...FLAGS, type: TYPE.SOA, ...query });
  return replies;
}
const ask = (server: string, name: string) => ({ server, name, transport: "udp" as const });
const messageOf = (reply: InReply | undefined) => (reply && "message" in reply ? reply.message : undefined);

test("two servers that say the same: one reading, each with its id", async () => {
  const [one, two, other] = await new Driver(wires()).run(
    asking(ask("192.0.2.1", "tinh.vn."), ask("192.0.2.2", "tinh.vn."), ask("192.0.2.1", "other.vn.")),
  );
  const [first, second, third] = [messageOf(one)!, messageOf(two)!, messageOf(other)!];
  assert.equal(first.questions, second.questions);
  assert.equal(second.id, first.id + 1);
  assert.notEqual(third.questions, first.questions);
  assert.equal(third.questions[0]!.name, "other.vn.");
});

test("what was read before is no answer to another question, nor under another id", async () => {
  const seen: Uint8Array[] = [];
  const replay = wires({
    exchangeUdp: async (_to, query, accepts) => {
      seen.push(answerTo(query));
      // The first question's answer, whatever was asked; with the id of now.
      const answer = Uint8Array.from(seen[0]!);
      answer.set(query.subarray(0, 2));
      return accepts(answer) ? { ok: true, answer } : { ok: false, why: "timeout", detail: "" };
    },
  });
  const replies = await new Driver(replay).run(asking(ask("192.0.2.1", "tinh.vn."), ask("192.0.2.1", "other.vn.")));
  assert.ok(messageOf(replies[0]));
  assert.deepEqual(replies[1] && "failure" in replies[1] && replies[1].failure, "timeout");
  const stale = wires({
    exchangeTcp: async (_to, query) => ({
      ok: true,
      answer: answerTo(Uint8Array.from(query, (octet, i) => (i === 0 ? octet ^ 0xff : octet))),
    }),
  });
  const [mismatch] = await new Driver(stale).run(asking({ server: "192.0.2.1", name: "tinh.vn.", transport: "tcp" }));
  assert.deepEqual(mismatch && "failure" in mismatch && mismatch.failure, "mismatch");
});

test("over TCP a question goes alone, or with others where it says so", async () => {
  const way: string[] = [];
  const going = (how: string) => async (_to: unknown, query: Uint8Array) => {
    way.push(how);
    return { ok: true as const, answer: answerTo(query) };
  };
  const watched = wires({ exchangeTcp: going("alone"), exchangePipelined: going("with others") });
  const over = { server: "192.0.2.1", name: "tinh.vn.", transport: "tcp" } as const;
  await new Driver(watched).run(asking(over, { ...over, pipelined: true }));
  assert.deepEqual(way, ["alone", "with others"]);
});
