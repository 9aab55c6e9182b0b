/**
 * Mutated DNS messages against the reader and all that reads what it gives: names, RDATA as text, signatures, denials,
 * classification. Nothing may be thrown but DnsError, and no message may take long. Seeded: a run can be repeated.
 */
import { DnsError, groupRrsets, readMessage, TYPE, verifyRrset, writeQuery } from "../../agent/wire/dns/index.ts";
import { classify, signedRrsets } from "../../agent/wire/dns/resolver/classify.ts";
import { labelsForRrsig } from "../../agent/wire/dns/rrsig.ts";
import { parseRecords, recordText } from "../../agent/wire/dns/text/record.ts";
import { parseNsec } from "../../agent/wire/dns/validator/nsec.ts";
import { parseNsec3 } from "../../agent/wire/dns/validator/nsec3.ts";
import { readReplyWords, writeMessage } from "./rpl/wire.ts";

export interface FuzzResult {
  readonly count: number;
  readonly seed: number;
  /** Messages that were read without a refusal. */
  readonly accepted: number;
  /** Refusals by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly crashes: readonly { readonly hex: string; readonly error: string }[];
  readonly slowestMs: number;
  readonly tookMs: number;
}

/** mulberry32: 32 bits of state, good enough to wander. Gives integers in [0, below). */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below) >>> 0;
  };
}

const ZONE = `example. 300 IN SOA ns1.example. admin.example. 1 2 3 4 5
example. 300 IN NS ns1.example.
example. 300 IN MX 10 mail.example.
example. 300 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
example. 300 IN DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=
www.example. 300 IN A 192.0.2.1
www.example. 300 IN AAAA 2001:db8::1
www.example. 300 IN RRSIG A 15 2 300 20300101000000 20000101000000 3613 example. ${"AAAA".repeat(21)}AAA=
www.example. 300 IN NSEC example. A AAAA RRSIG NSEC
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 300 IN NSEC3 1 1 12 AABBCCDD 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG
sub.example. 300 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
x.example. 300 IN DNAME y.example.
z.example. 300 IN CNAME www.example.
_sip.example. 300 IN SRV 0 5 5060 sip.example.
n.example. 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .
t.example. 300 IN TXT "one" "two"
c.example. 300 IN CAA 0 issue "ca.example"`;

/** Messages that are well formed, to be mutated. */
function corpus(): Uint8Array[] {
  const records = parseRecords(ZONE);
  const question = [{ wire: records[0]!.owner, type: TYPE.ANY, class: 1 }];
  const draft = (words: string, answer = records, authority = records.slice(0, 2), additional = records.slice(5, 7)) =>
    writeMessage({
      id: 1,
      reply: readReplyWords(words.split(" ")),
      question,
      answer,
      authority,
      additional,
      edns: true,
      options: [{ code: 15, data: Uint8Array.of(0, 6, 0x68, 0x69) }],
    });
  const parts = records.map((record) => draft("QR AA", [record], [], []));
  const query = writeQuery({ id: 2, name: "www.example.", type: TYPE.A, dnssecOk: true });
  const compressed = Buffer.from(
    "000184000001000100000000076578616d706c650000020001c00c0002000100000e100006034e5331c00c",
    "hex",
  );
  return [draft("QR AA"), draft("QR NXDOMAIN", []), query, compressed, ...parts];
}

function mutate(source: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Uint8Array.from(source);
  for (let times = 1 + random(6); times > 0; times--) {
    const at = random(bytes.length || 1);
    switch (random(8)) {
      case 0:
        bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3: // a pointer, near or far
        bytes[at] = 0xc0 | random(4);
        if (at + 1 < bytes.length) bytes[at + 1] = random(256);
        break;
      case 4: // a count or a length
        if (bytes.length > 12) new DataView(bytes.buffer).setUint16(4 + 2 * random(4), random(2) ? 0xffff : random(40));
        break;
      case 5: // a part twice
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1), at), bytes.subarray(at)]);
        break;
      case 6: // a part less
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(40))]);
        break;
      default:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Uint8Array.from({ length: random(20) }, () => random(256)),
          bytes.subarray(at),
        ]);
    }
    if (bytes.length > 65535) bytes = bytes.slice(0, 65535);
  }
  return Uint8Array.from(bytes);
}

/** Everything that reads what the reader gives. */
function exercise(bytes: Uint8Array): void {
  const message = readMessage(bytes);
  const records = [...message.answer, ...message.authority, ...message.additional];
  for (const record of records) {
    recordText(record);
    if (record.type === TYPE.NSEC) parseNsec(record, 1, labelsForRrsig(record.name));
    if (record.type === TYPE.NSEC3) parseNsec3(record);
  }
  groupRrsets(records);
  const [question] = message.questions;
  if (question) classify(message, question, { zone: "example.", server: "192.0.2.1", recursive: false });
  const keys = records.filter((record) => record.type === TYPE.DNSKEY);
  for (const set of signedRrsets(records)) {
    const [rrsig] = set.signatures;
    const [dnskey] = keys;
    if (rrsig && dnskey) verifyRrset({ rrset: set.records, rrsig, dnskey, nowSeconds: 1_500_000_000 });
  }
}

export function fuzzDns(count: number, seed: number): FuzzResult {
  const random = generator(seed);
  const sources = corpus();
  const refused: Record<string, number> = {};
  const crashes: { hex: string; error: string }[] = [];
  let accepted = 0;
  let slowestMs = 0;
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const bytes = mutate(sources[random(sources.length)]!, random);
    const before = performance.now();
    try {
      exercise(bytes);
      accepted++;
    } catch (error) {
      if (error instanceof DnsError) refused[error.code] = (refused[error.code] ?? 0) + 1;
      else
        crashes.push({
          hex: Buffer.from(bytes).toString("hex"),
          error: String(error instanceof Error ? error.stack : error),
        });
    }
    slowestMs = Math.max(slowestMs, performance.now() - before);
  }
  return { count, seed, accepted, refused, crashes, slowestMs, tookMs: performance.now() - started };
}
