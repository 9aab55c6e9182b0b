/**
 * The client's side of a scenario: makes of a resolution the message that a validating resolver would send (RFC 4035 §3.2),
 * with the options that scenarios set: minimal responses, EDE, root key sentinel (RFC 8509).
 */
import { type Message, nameToWire, RCODE, type ResourceRecord, TYPE } from "../../../agent/wire/dns/index.ts";
import type { Resolution } from "../../../agent/wire/dns/resolve.ts";
import type { SignedRrset } from "../../../agent/wire/dns/resolver/classify.ts";
import { edesOf } from "../../../agent/wire/dns/validator/verdict.ts";
import type { Settings } from "./config.ts";
import { sentinelFails } from "./sentinel.ts";
import { writeMessage } from "./wire.ts";

const SERVFAIL = 2;
const REFUSED = 5;
const DNSSEC_BOGUS = 6;
const FLAG = { QR: 0x8000, RD: 0x100, RA: 0x80, AD: 0x20, CD: 0x10 };

/** Is this a query that the resolver refuses outright? Ours is no cache that answers without RD. */
export function refusal(query: Message): Uint8Array | undefined {
  if (query.questions.length === 1) return undefined;
  return compose(query, REFUSED, 0, { answer: [], authority: [], additional: [] });
}

/** The reply's octets. */
export function replyTo(query: Message, resolution: Resolution, settings: Settings): Uint8Array {
  const { verdict } = resolution;
  const checking = settings.validates && !(query.checkingDisabled && !settings.ignoreCd);
  const wantsDnssec = query.edns?.dnssecOk ?? false;
  const bogus = verdict.security === "bogus" && checking && !settings.permissive;
  const sentinel = settings.keySentinel && checking && sentinelFails(resolution, settings.resolver.anchors);
  if (bogus || sentinel || resolution.rcode === SERVFAIL) {
    const codes = bogus ? edesOf(verdict) : sentinel ? [DNSSEC_BOGUS] : [];
    const ede = settings.ede ? codes : [];
    return compose(query, SERVFAIL, 0, { answer: [], authority: [], additional: [] }, ede);
  }
  const authentic =
    verdict.security === "secure" &&
    resolution.rcode !== RCODE.YXDOMAIN &&
    checking &&
    (wantsDnssec || query.authenticData);
  return compose(query, resolution.rcode, authentic ? FLAG.AD : 0, sections(query, resolution, settings, wantsDnssec));
}

interface Sections {
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

function sections(query: Message, resolution: Resolution, settings: Settings, wantsDnssec: boolean): Sections {
  const { type } = query.questions[0]!;
  const keep = wantsDnssec || type === TYPE.ANY || type === TYPE.RRSIG;
  const show = (sets: readonly SignedRrset[]) => unique(sets.flatMap((set) => recordsOf(set, keep, type)));
  const answer = show(resolution.answer);
  const minimal = settings.minimalResponses;
  const hasProof = resolution.authority.some(isProof);
  const positive = resolution.answer.some((set) => set.type === type);
  if (minimal && positive && !hasProof) return { answer, authority: [], additional: [] };
  // From the cache a positive answer carries only the proof that it needs.
  const proofsOnly = minimal && positive && resolution.cached;
  const kept = proofsOnly ? resolution.authority.filter(isProof) : resolution.authority;
  const negative = resolution.authority.some((set) => set.type === TYPE.SOA);
  // Unbound drops what a negative answer says of name servers.
  const bare = negative && settings.dialect === "unbound";
  const authority = show(bare ? kept.filter((set) => set.type !== TYPE.NS) : kept);
  const additional = negative && (minimal || bare) ? [] : show(resolution.additional);
  const isNew = (record: ResourceRecord) =>
    !answer.some((other) => other.name === record.name && covers(other, record));
  return { answer, authority, additional: settings.dialect === "unbound" ? additional.filter(isNew) : additional };
}

/** Is what the answer says already what the record says, or signs? */
function covers(answer: ResourceRecord, { type, rdata }: ResourceRecord): boolean {
  return answer.type === (type === TYPE.RRSIG ? (rdata[0]! << 8) | rdata[1]! : type);
}

const isProof = (set: SignedRrset) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3;

/** An RRset as records: without DO no RRSIG, NSEC or NSEC3 that was not asked for (RFC 4035 §3.2.1). */
function recordsOf(set: SignedRrset, dnssec: boolean, asked: number): readonly ResourceRecord[] {
  if (dnssec) return [...set.records, ...set.signatures];
  const hidden: readonly number[] = [TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3];
  return hidden.includes(set.type) && set.type !== asked ? [] : set.records;
}

function unique(records: readonly ResourceRecord[]): ResourceRecord[] {
  const seen = new Map<string, ResourceRecord>();
  for (const record of records) {
    seen.set(`${record.type} ${record.name} ${Buffer.from(record.rdata).toString("hex")}`, record);
  }
  return [...seen.values()];
}

function compose(
  query: Message,
  rcode: number,
  flags: number,
  body: Sections,
  ede: readonly number[] = [],
): Uint8Array {
  const copied = (query.recursionDesired ? FLAG.RD : 0) | (query.checkingDisabled ? FLAG.CD : 0);
  const options = ede.map((code) => ({ code: 15, data: Uint8Array.of(code >> 8, code & 0xff) }));
  return writeMessage({
    id: query.id,
    reply: {
      opcode: query.opcode,
      rcode,
      flags: FLAG.QR | FLAG.RA | copied | flags,
      dnssecOk: query.edns?.dnssecOk ?? false,
    },
    question: query.questions.map((one) => ({ wire: nameToWire(one.name), type: one.type, class: one.class })),
    ...body,
    edns: query.edns !== undefined,
    options,
  });
}
