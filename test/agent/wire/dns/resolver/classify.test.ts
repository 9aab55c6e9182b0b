// What an authority's message means: rows of messages that real servers send, and what is kept of each.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readMessage, TYPE } from "../../../../../agent/wire/dns/index.ts";
import { aged, classify, type Response } from "../../../../../agent/wire/dns/resolver/classify.ts";
import { parseQuestion, parseRecords } from "../../../../../agent/wire/dns/text/record.ts";
import { readReplyWords, writeMessage } from "../../../../vectors/rpl/wire.ts";

interface Said {
  flags?: string;
  answer?: string;
  authority?: string;
  additional?: string;
}

const ZONE = "example.";

function meaning(question: string, said: Said, more: { cutChains?: boolean; recursive?: boolean } = {}) {
  const asked = parseQuestion(question);
  const records = (text = "") => parseRecords(text);
  const message = readMessage(
    writeMessage({
      id: 1,
      reply: readReplyWords((said.flags ?? "QR AA NOERROR").split(" ")),
      question: [asked],
      answer: records(said.answer),
      authority: records(said.authority),
      additional: records(said.additional),
      edns: true,
    }),
  );
  const { name, type } = message.questions[0]!;
  return classify(message, { name, type }, { zone: ZONE, server: "192.0.2.1", recursive: false, ...more });
}

const SIG = (owner: string, type: string) =>
  `${owner} 60 IN RRSIG ${type} 13 2 60 20270101000000 20260101000000 1 example. AAAA`;
const kindOf = (result: ReturnType<typeof meaning>) => (result.kind === "lame" ? `lame ${result.why}` : result.kind);
const asResponse = (result: ReturnType<typeof meaning>): Response => {
  assert.ok(result.kind !== "lame" && result.kind !== "referral", kindOf(result));
  return result;
};

describe("signatures", () => {
  const A = "www.example. 60 IN A 192.0.2.80";
  test("in another section than what they cover, they cover it all the same", () => {
    const { answer } = asResponse(meaning("www.example. IN A", { answer: A, additional: SIG("www.example.", "A") }));
    assert.equal(answer[0]!.signatures.length, 1);
  });
  test("once each, wherever they stand", () => {
    const both = { answer: `${A}\n${SIG("www.example.", "A")}`, additional: SIG("www.example.", "A") };
    assert.equal(asResponse(meaning("www.example. IN A", both)).answer[0]!.signatures.length, 1);
  });
  test("of another type or name they are none of its", () => {
    const other = { answer: A, additional: `${SIG("www.example.", "AAAA")}\n${SIG("ns.example.", "A")}` };
    assert.equal(asResponse(meaning("www.example. IN A", other)).answer[0]!.signatures.length, 0);
  });
});

describe("referrals", () => {
  const rows: readonly (readonly [string, string, Said, string])[] = [
    [
      "down",
      "www.sub.example. IN A",
      { flags: "QR NOERROR", authority: "sub.example. 60 IN NS ns.sub.example." },
      "referral",
    ],
    ["up, with AA as without", "www.example. IN A", { authority: ". 60 IN NS a.root." }, "lame upward-referral"],
    [
      "sideways is noise",
      "www.example. IN A",
      { flags: "QR NOERROR", authority: "other. 60 IN NS ns.other." },
      "nodata",
    ],
    ["to a name beside is noise", "www.example. IN A", { authority: "mail.example. 60 IN NS ns.example." }, "nodata"],
    [
      "of a resolver, without authority",
      "www.example. IN A",
      { flags: "QR RA NOERROR", authority: "example. 60 IN NS ns.example." },
      "lame recursion",
    ],
    [
      "asked for DS: it stands in there",
      "sub.example. IN DS",
      { flags: "QR NOERROR", authority: "sub.example. 60 IN NS ns.sub.example.\nsub.example. 60 IN DS 1 13 2 AA" },
      "answer",
    ],
    [
      "asked for DS: and where not, its absence",
      "sub.example. IN DS",
      {
        flags: "QR NOERROR",
        authority: "sub.example. 60 IN NS ns.sub.example.\nsub.example. 60 IN NSEC z.example. NS",
      },
      "nodata",
    ],
  ];
  for (const [what, question, said, expected] of rows) {
    test(what, () => assert.equal(kindOf(meaning(question, said)), expected));
  }
});

test("an answer from a resolver in an authority's place is marked as second-hand", () => {
  const said = (flags: string) =>
    asResponse(meaning("www.example. IN A", { flags, answer: "www.example. 60 IN A 192.0.2.1" }));
  assert.equal(said("QR RA NOERROR").secondHand, true);
  assert.equal(said("QR AA RA NOERROR").secondHand, false);
});

test("an alias chain: all of it, or its first step alone", () => {
  const answer = "a.example. 60 IN CNAME b.example.\nb.example. 60 IN CNAME c.example.\nc.example. 60 IN A 192.0.2.1";
  assert.equal(meaning("a.example. IN A", { answer }).kind, "answer");
  const cut = asResponse(meaning("a.example. IN A", { answer }, { cutChains: true }));
  assert.equal(cut.kind === "alias" && cut.target, "b.example.");
  assert.equal(cut.answer.length, 1);
});

test("a negative answer's SOA lives by its MINIMUM, and all TTLs age", () => {
  const authority = "example. 3600 IN SOA a. b. 1 2 3 4 30";
  const nothing = asResponse(meaning("no.example. IN A", { flags: "QR AA NXDOMAIN", authority }));
  assert.deepEqual([nothing.kind, nothing.authority[0]!.ttl], ["nxdomain", 30]);
  assert.equal(aged(nothing, 10).authority[0]!.records[0]!.ttl, 20);
  assert.equal(aged(nothing, 99).authority[0]!.ttl, 0);
});

test("additional records: in the zone; addresses only of names that are pointed to", () => {
  const said = {
    answer: "example. 60 IN MX 1 mail.example.",
    additional: "mail.example. 60 IN A 192.0.2.1\nstray.example. 60 IN A 192.0.2.2\nmail.other. 60 IN A 192.0.2.3",
  };
  const { additional } = asResponse(meaning("example. IN MX", said));
  assert.deepEqual(
    additional.map(({ name, type }) => [name, type]),
    [["mail.example.", TYPE.A]],
  );
});
