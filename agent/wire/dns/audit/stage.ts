/**
 * In which stage of a key rollover a zone stands (RFC 6781 §4.1, RFC 7583 §3), told from DS, DNSKEY and who signs what. Two roads lead
 * to some stages (a new key that waits for its DS looks as an old one that lost it): a look says the stage, not the road. Pure.
 */
import { compareOctets } from "../canonical.ts";
import { type Dnskey, dsDigest, parseDnskey, parseDs } from "../dnskey.ts";
import type { ResourceRecord } from "../message.ts";
import { TYPE } from "../types.ts";
import type { ZoneSeen } from "./seen.ts";
import { dsRecords, type JudgedRrset, zoneKeys } from "./table.ts";

export type StageName =
  | "ksk-standby" // a key for keys that neither signs nor has a DS: to come, or kept in hand
  | "ksk-double-signature" // two sign the keys, one has a DS
  | "ksk-double-ds" // a DS in the parent whose key is not in the zone, beside one whose key is
  | "ksk-both" // two sign the keys and both have a DS
  | "zsk-standby" // a key for data that signs nothing: to come, or on its way out
  | "zsk-switching" // two keys for data, each signs some
  | "zsk-double-signature" // two keys for data, both sign all
  | "algorithm"; // keys of more than one algorithm

export interface Stage {
  readonly name: StageName;
  /** Tags of the keys whose place makes the stage. */
  readonly keyTags: readonly number[];
}

/** Stages that end by themselves when a rollover goes on. Standby keys and two anchored keys may be meant to stay. */
const PASSING: readonly StageName[] = [
  "ksk-double-signature",
  "ksk-double-ds",
  "zsk-switching",
  "zsk-double-signature",
  "algorithm",
];
export const isPassing = ({ name }: Stage): boolean => PASSING.includes(name);

interface KeyPlace {
  readonly key: Dnskey;
  readonly hasDs: boolean;
  readonly signsKeys: boolean;
  /** RRsets of data that it signs. */
  readonly signs: number;
}

/** The stages that a zone is in, several at once when keys of both kinds roll; none when it stands still. */
export function stagesOf(seen: ZoneSeen, rrsets: readonly JudgedRrset[]): Stage[] {
  const data = rrsets.filter(({ type, signatures }) => !KEY_TYPES.includes(type) && signatures.length > 0);
  const places = placesOf(seen, rrsets, data);
  const algorithms = new Set(places.map(({ key }) => key.algorithm));
  if (algorithms.size > 1) return [stage("algorithm", places)];
  return [...entryStages(seen, places), ...dataStages(places, data)];
}

const KEY_TYPES: readonly number[] = [TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY];
const stage = (name: StageName, places: readonly KeyPlace[]): Stage => ({
  name,
  keyTags: places.map(({ key }) => key.keyTag).sort((a, b) => a - b),
});

function placesOf(seen: ZoneSeen, rrsets: readonly JudgedRrset[], data: readonly JudgedRrset[]): KeyPlace[] {
  const ds = dsRecords(seen).flatMap(({ rdata }) => parseDs(rdata) ?? []);
  const signs = (key: Dnskey, sets: readonly JudgedRrset[]) =>
    sets.filter((set) => set.signatures.some((one) => one.state === "valid" && one.keyTag === key.keyTag)).length;
  const ofKeys = rrsets.filter(({ type }) => type === TYPE.DNSKEY);
  return zoneKeys(seen).flatMap((record): KeyPlace[] => {
    const key = parseDnskey(record.rdata);
    if (!key?.zoneKey || key.revoked) return [];
    return [
      { key, hasDs: ds.some((one) => fits(one, record)), signsKeys: signs(key, ofKeys) > 0, signs: signs(key, data) },
    ];
  });
}

function fits({ digestType, digest }: { digestType: number; digest: Uint8Array }, { owner, rdata }: ResourceRecord) {
  const made = dsDigest(owner, rdata, digestType);
  return made !== undefined && compareOctets(made, digest) === 0;
}

function entryStages(seen: ZoneSeen, places: readonly KeyPlace[]): Stage[] {
  const entry = places.filter(({ key, hasDs, signsKeys }) => key.sep || hasDs || signsKeys);
  const active = entry.filter(({ hasDs, signsKeys }) => hasDs && signsKeys);
  const out: Stage[] = [];
  const waiting = entry.filter(({ hasDs, signsKeys, key }) => signsKeys && !hasDs && key.sep);
  if (active.length > 0 && waiting.length > 0) out.push(stage("ksk-double-signature", [...active, ...waiting]));
  if (active.length > 1) out.push(stage("ksk-both", active));
  const idle = entry.filter(({ hasDs, signsKeys, signs }) => !signsKeys && !hasDs && signs === 0);
  if (idle.length > 0) out.push(stage("ksk-standby", idle));
  const tags = new Set(places.map(({ key }) => key.keyTag));
  const ahead = dsRecords(seen)
    .flatMap(({ rdata }) => parseDs(rdata) ?? [])
    .filter((ds) => !tags.has(ds.keyTag));
  if (active.length > 0 && ahead.length > 0)
    out.push({ name: "ksk-double-ds", keyTags: [...new Set(ahead.map((ds) => ds.keyTag))].sort((a, b) => a - b) });
  return out;
}

function dataStages(places: readonly KeyPlace[], data: readonly JudgedRrset[]): Stage[] {
  const signing = places.filter(({ signs }) => signs > 0);
  const out: Stage[] = [];
  if (signing.length > 1) {
    const isDouble = signing.every(({ signs }) => signs === data.length);
    out.push(stage(isDouble ? "zsk-double-signature" : "zsk-switching", signing));
  }
  const idle = places.filter(({ key, signs, signsKeys }) => !key.sep && signs === 0 && !signsKeys);
  if (idle.length > 0 && signing.length > 0) out.push(stage("zsk-standby", idle));
  return out;
}
