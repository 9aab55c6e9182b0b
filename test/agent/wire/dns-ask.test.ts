import assert from "node:assert/strict";
import { test } from "node:test";
import { encode, type Packet, TRUNCATED_RESPONSE } from "dns-packet";
import fc from "fast-check";
import { ask, type Transport } from "../../../agent/wire/dns-ask.ts";

const asked = { name: "www.camau.example", type: 1, recursive: true };
const answer = (id: number, more: Partial<Packet> = {}) =>
  new Uint8Array(
    encode({
      type: "response",
      id,
      questions: [{ type: "A", name: "WWW.camau.example" }],
      answers: [{ type: "A", name: "www.camau.example", data: "192.0.2.1" }],
      ...more,
    }),
  );
const idOf = (query: Uint8Array) => (query[0]! << 8) | query[1]!;
/** What a server sends for each query; the first that is accepted is the answer. */
function transport(udp: (id: number) => Uint8Array[], tcp?: (id: number) => Uint8Array): Transport & { sent: number } {
  let next = 1_000;
  const made = {
    sent: 0,
    random16: () => next++,
    async udp(query: Uint8Array, accepts: (a: Uint8Array) => boolean) {
      made.sent++;
      const found = udp(idOf(query)).find(accepts);
      return found ? ({ ok: true, answer: found } as const) : ({ ok: false, why: "timeout", detail: "" } as const);
    },
    async tcp(query: Uint8Array) {
      return tcp
        ? ({ ok: true, answer: tcp(idOf(query)) } as const)
        : ({ ok: false, why: "refused", detail: "" } as const);
    },
  };
  return made;
}
const said = async (t: Transport) => {
  const got = await ask(asked, t);
  return got.ok ? got.message.answer.length : got.why;
};

test("an answer to another question, or of another id, is no answer", async () => {
  assert.equal(await said(transport((id) => [answer(id)])), 1);
  assert.equal(await said(transport((id) => [answer(id ^ 1)])), "timeout");
  assert.equal(
    await said(transport((id) => [answer(id, { questions: [{ type: "AAAA", name: asked.name }] })])),
    "timeout",
  );
  assert.equal(
    await said(transport((id) => [answer(id, { questions: [{ type: "A", name: "evil.example" }] })])),
    "timeout",
  );
  assert.equal(await said(transport((id) => [answer(id, { type: "query" })])), "timeout");
});

test("a forged answer before the right one is passed over", async () => {
  assert.equal(await said(transport((id) => [answer(id ^ 7), answer(id)])), 1);
});

test("a loss is asked once more, with another id", async () => {
  const ids: number[] = [];
  const lossy = transport((id) => (ids.push(id) === 1 ? [] : [answer(id)]));
  assert.equal(await said(lossy), 1);
  assert.equal(new Set(ids).size, 2);
  const dead = transport(() => []);
  assert.equal(await said(dead), "timeout");
  assert.equal(dead.sent, 2);
});

test("a cut answer is asked for over TCP", async () => {
  const cut = (id: number) => [answer(id, { flags: TRUNCATED_RESPONSE, answers: [] })];
  assert.equal(await said(transport(cut, (id) => answer(id))), 1);
  assert.equal(await said(transport(cut, (id) => answer(id ^ 1))), "malformed");
  assert.equal(await said(transport(cut)), "refused");
});

test("what a server sends can be anything: a name, never a throw", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), async (body, overTcp) => {
      const hostile = (id: number, rest: Uint8Array) =>
        Uint8Array.from([id >> 8, id & 0xff, 0x80 | (rest[0] ?? 0), ...rest]);
      const got = await ask(
        asked,
        transport(
          (id) => [hostile(id, body)],
          (id) => hostile(id, overTcp),
        ),
      );
      assert.equal(typeof got.ok, "boolean");
    }),
    { numRuns: 500 },
  );
});
