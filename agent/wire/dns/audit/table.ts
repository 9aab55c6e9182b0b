/**
 * Every signature of a collection, judged once: by which key, how long it lasts, at which server. Rules about signatures read
 * this table. Pure; bounded (signatures per RRset, keys per signature).
 */
import { parseDnskey } from "../dnskey.ts";
import type { Message, ResourceRecord } from "../message.ts";
import { type SignedRrset, signedRrsets } from "../resolver/classify.ts";
import { parseRrsig, type Rrsig, type VerifyFailure, validity, verifyRrset } from "../rrsig.ts";
import { TYPE } from "../types.ts";
import {
  answerOf,
  CONTENT,
  isAuthority,
  messageOf,
  type Reply,
  type RrsetName,
  type ServerSeen,
  speaks,
  type ZoneSeen,
} from "./seen.ts";

const MAX_SIGNATURES = 8;
const MAX_KEYS = 16;

export interface JudgedSignature {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly state: "valid" | VerifyFailure;
  /** Seconds; negative once expired. */
  readonly secondsLeft: number;
  /** From inception to expiration, seconds. */
  readonly lifetime: number;
}

/** One RRset at one server. */
export interface JudgedRrset extends RrsetName {
  readonly server: ServerSeen;
  readonly signatures: readonly JudgedSignature[];
  /** RDATAs in canonical form, sorted, as one text: equal when the data is. */
  readonly content: string;
}

const tables = new WeakMap<ZoneSeen, readonly JudgedRrset[]>();

/** RRsets of the zone that any server gave, with their signatures judged by the keys that the same server shows. */
export function judgeAll(seen: ZoneSeen): readonly JudgedRrset[] {
  const known = tables.get(seen);
  if (known) return known;
  const verdicts: Verdicts = new Map();
  const made = seen.servers.filter(isAuthority).flatMap((server) => judgeServer(seen, server, verdicts));
  tables.set(seen, made);
  return made;
}

/** What was found of the same octets by the same keys: most servers say the same, and it is verified once. */
type Verdicts = Map<string, readonly JudgedSignature[]>;

const hex = ({ rdata }: ResourceRecord) => Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString("hex");

/** An RRset of one message as text. */
interface Told {
  readonly set: SignedRrset;
  readonly key: string;
  readonly content: string;
  /** All that a verdict depends on, but for the keys. */
  readonly all: string;
}

/** By a message's answer section: the same message heard from several servers (dns-drive.ts) is gone through once. */
const tellings = new WeakMap<Message["answer"], readonly Told[]>();

function toldIn({ answer, authority }: Message): readonly Told[] {
  const known = tellings.get(answer);
  if (known) return known;
  const sets = signedRrsets([...answer, ...authority]).filter(({ type }) => type !== TYPE.RRSIG);
  const told = sets.map((set) => {
    const key = `${set.type}/${set.name}`;
    const content = set.records.map(hex).sort().join();
    return { set, key, content, all: [key, content, ...set.signatures.map(hex)].join("|") };
  });
  tellings.set(answer, told);
  return told;
}

function judgeServer(seen: ZoneSeen, server: ServerSeen, verdicts: Verdicts): JudgedRrset[] {
  const { zone } = seen.plan;
  const keys = keysOf(server, zone);
  const keysText = keys.map(hex).join();
  const replies: Reply[] = [
    // Probes of manners may have asked without DO, or for a short buffer.
    ...CONTENT.flatMap(([probe]) => server.probes[probe] ?? []),
    ...server.names.map((one) => one.reply),
  ];
  const done = new Map<string, JudgedRrset>();
  for (const reply of replies) {
    const message = messageOf(reply);
    if (!message || !speaks(server, message)) continue;
    for (const { set, key, content, all } of toldIn(message)) {
      if (done.has(key) || !belongs(set, zone)) continue;
      const by = `${keysText}|${all}`;
      const signatures = verdicts.get(by) ?? judgeRrset(set, keys, seen.atSeconds);
      verdicts.set(by, signatures);
      done.set(key, { name: set.name, type: set.type, server, signatures, content });
    }
  }
  return [...done.values()];
}

/** Of the zone and signed by it: not a delegation's NS or glue. */
function belongs(set: SignedRrset, zone: string): boolean {
  if (set.name === zone) return true;
  return set.name.endsWith(zone === "." ? "." : `.${zone}`) && set.type !== TYPE.NS;
}

export function keysOf(server: ServerSeen, zone: string): readonly ResourceRecord[] {
  return answerOf(server.probes.dnskey, zone, TYPE.DNSKEY);
}

function judgeRrset(set: SignedRrset, keys: readonly ResourceRecord[], now: number): readonly JudgedSignature[] {
  return set.signatures.slice(0, MAX_SIGNATURES).map((record) => judge(set.records, record, keys, now));
}

function judge(
  rrset: readonly ResourceRecord[],
  record: ResourceRecord,
  keys: readonly ResourceRecord[],
  now: number,
): JudgedSignature {
  const rrsig = parseRrsig(record.rdata);
  if (!rrsig) return { keyTag: 0, algorithm: 0, state: "malformed", secondsLeft: 0, lifetime: 0 };
  const { keyTag, algorithm } = rrsig;
  const lifetime = (rrsig.expiration - rrsig.inception) | 0;
  const { secondsLeft } = validity(rrsig, now);
  return { keyTag, algorithm, state: stateBy(rrset, record, rrsig, keys, now), secondsLeft, lifetime };
}

function stateBy(
  rrset: readonly ResourceRecord[],
  record: ResourceRecord,
  rrsig: Rrsig,
  keys: readonly ResourceRecord[],
  now: number,
) {
  const fitting = keys.filter((key) => {
    const parsed = parseDnskey(key.rdata);
    return parsed?.keyTag === rrsig.keyTag && parsed.algorithm === rrsig.algorithm;
  });
  let state: VerifyFailure = "wrong-key";
  for (const dnskey of fitting.slice(0, MAX_KEYS)) {
    const result = verifyRrset({ rrset, rrsig: record, dnskey, nowSeconds: now });
    if (result.ok) return "valid" as const;
    state = result.reason;
  }
  return state;
}

/** Of the signatures that hold, the one that lasts longest. */
export function bestOf(rrset: JudgedRrset): JudgedSignature | undefined {
  return rrset.signatures
    .filter((one) => one.state === "valid")
    .reduce<JudgedSignature | undefined>(
      (best, one) => (best && best.secondsLeft >= one.secondsLeft ? best : one),
      undefined,
    );
}

/** Part of its lifetime that the best signature still has, 0 when none holds. */
export function fractionLeft(rrset: JudgedRrset): number {
  const best = bestOf(rrset);
  return best && best.lifetime > 0 ? Math.max(0, best.secondsLeft / best.lifetime) : 0;
}

/** The zone's keys as any of its servers shows them. */
export function zoneKeys(seen: ZoneSeen): readonly ResourceRecord[] {
  const shown = seen.servers.filter(isAuthority).map((server) => keysOf(server, seen.plan.zone));
  return shown.find((keys) => keys.length > 0) ?? [];
}

/** The DS records that the chain of trust gave. */
export function dsRecords(seen: ZoneSeen): readonly ResourceRecord[] {
  return seen.ds.answer.flatMap((set) => set.records).filter((record) => record.type === TYPE.DS);
}

/** What the zone asks its parent to have as DS, and whether that is another than it has. */
export function zoneCds(seen: ZoneSeen): {
  cds: readonly ResourceRecord[];
  toAdd: number;
  toRemove: number;
  differs: boolean;
} {
  const { zone } = seen.plan;
  const shown = seen.servers.filter(isAuthority).map((server) => answerOf(server.probes.cds, zone, TYPE.CDS));
  const cds = shown.find((records) => records.length > 0) ?? [];
  // What the parent has is not known when nobody could be asked.
  if (cds.length === 0 || seen.ds.failure || seen.ds.verdict.security === "bogus")
    return { cds, toAdd: 0, toRemove: 0, differs: false };
  const text = ({ rdata }: ResourceRecord) => Buffer.from(rdata).toString("hex");
  const have = new Set(dsRecords(seen).map(text));
  const want = new Set(cds.filter(({ rdata }) => !isDelete(rdata)).map(text));
  const toAdd = [...want].filter((one) => !have.has(one)).length;
  const toRemove = [...have].filter((one) => !want.has(one)).length;
  return { cds, toAdd, toRemove, differs: toAdd + toRemove > 0 };
}

/** `0 0 0 00`: the zone asks for its DS to be taken away (RFC 8078 §4). */
export const isDelete = (rdata: Uint8Array): boolean => rdata[2] === 0 && rdata.length <= 5;
