/**
 * Faults of a zone's DNSKEY RRset: everything in the zone falls with it, or all but the keys themselves.
 */
import { generateKeyPairSync } from "node:crypto";
import { type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import type { Question } from "../zones/content.ts";
import { dnskeyRecord, publicOctets, type SigningKey, signingKey } from "../zones/keys.ts";
import { sign } from "../zones/resign.ts";
import { dsRecord } from "../zones/sign.ts";
import { type Effect, type Expected, keyOf, type Site } from "../zones/site.ts";
import type { Rrset } from "../zones/zone.ts";
import { bogus, EDE, type Fault, harmless } from "./fault.ts";
import { flipSignature, strangerKey } from "./signatures.ts";

const DAY = 86_400;
const keysOf = (site: Site) => site.zone.must(site.zone.apex, TYPE.DNSKEY);

/** All questions fall. DS of the zone itself is the parent's, and is not among them. */
const all =
  (expected: Expected): Effect =>
  () =>
    expected;

/** All but the DNSKEY RRset, which the KSK still vouches for. */
const allButKeys =
  (site: Site, expected: Expected): Effect =>
  (question: Question) =>
    question.type === TYPE.DNSKEY && question.name === site.zone.apex ? undefined : expected;

function zoneWide(label: string, clause: string, ede: number[], change: (site: Site, set: Rrset) => void): Fault {
  return {
    label,
    clause,
    apply(site) {
      change(site, keysOf(site));
      return ede.length > 0 ? all(bogus(...ede)) : harmless;
    },
  };
}

/** Puts records in place of the DNSKEY RRset, signed by a key (the KSK unless told). */
export function replaceKeys(site: Site, records: ResourceRecord[], by: SigningKey = keyOf(site, true)): void {
  const set = keysOf(site);
  set.records = records;
  set.signatures = [sign(set, by, site.zone.apex, site.now)];
}

const withFlags = (key: SigningKey, flags: number, protocol = 3): SigningKey => {
  const rdata = Uint8Array.from(key.dnskey.rdata);
  rdata[0] = flags >> 8;
  rdata[1] = flags & 0xff;
  rdata[2] = protocol;
  return signingKey({ ...key.dnskey, rdata }, key.privateKey);
};

/** The ZSK becomes another key record; what it signed is signed anew in the new key's name. */
function changeZsk(site: Site, changed: SigningKey): void {
  const zsk = keyOf(site, false);
  for (const set of site.zone.all()) {
    if (set.type === TYPE.DNSKEY || set.signatures.length === 0) continue;
    set.signatures = [sign(set, changed, site.zone.apex, site.now)];
  }
  const others = keysOf(site).records.filter((record) => record !== zsk.dnskey && !sameRdata(record, zsk.dnskey));
  replaceKeys(site, [...others, { ...changed.dnskey, ttl: others[0]!.ttl }]);
}

const sameRdata = (a: ResourceRecord, b: ResourceRecord) => Buffer.compare(a.rdata, b.rdata) === 0;

function zskFault(label: string, clause: string, ede: number[], change: (key: SigningKey) => SigningKey): Fault {
  return {
    label,
    clause,
    apply(site) {
      changeZsk(site, change(keyOf(site, false)));
      return allButKeys(site, bogus(...ede));
    },
  };
}

/** A second key whose tag is the ZSK's: made by trying, so Ed25519 zones only, where a key costs microseconds. */
function collidingKey(key: SigningKey): SigningKey {
  for (;;) {
    const { privateKey } = generateKeyPairSync("ed25519");
    const made = signingKey(
      dnskeyRecord(key.dnskey, { flags: 256, algorithm: 15 }, publicOctets(privateKey)),
      privateKey,
    );
    if (made.tag === key.tag) return made;
  }
}

export const KEY_FAULTS: readonly Fault[] = [
  zoneWide("dnskey-removed", "RFC 4035 §5.2", [EDE.dnskeyMissing], (site) =>
    site.zone.remove(site.zone.apex, TYPE.DNSKEY),
  ),
  zoneWide("dnskey-signature-missing", "RFC 4035 §5.2", [EDE.rrsigMissing, EDE.dnskeyMissing], (_site, set) => {
    set.signatures = [];
  }),
  {
    label: "dnskey-signature-flipped",
    clause: "RFC 4035 §5.3.3",
    apply(site, random) {
      const set = keysOf(site);
      set.signatures = set.signatures.map((one) => ({
        ...one,
        rdata: flipSignature(Uint8Array.from(one.rdata), random),
      }));
      return all(bogus(EDE.bogus, EDE.dnskeyMissing));
    },
  },
  zoneWide("dnskey-signature-expired", "RFC 4035 §5.3.1", [EDE.expired], (site, set) => {
    const times = { inception: site.now - 12 * DAY, expiration: site.now - 2 * DAY };
    set.signatures = [sign(set, keyOf(site, true), site.zone.apex, site.now, times)];
  }),
  zoneWide(
    "dnskey-signed-by-zsk-only",
    "RFC 4035 §5.2",
    [EDE.dnskeyMissing, EDE.rrsigMissing, EDE.bogus],
    (site, set) => replaceKeys(site, set.records, keyOf(site, false)),
  ),
  zoneWide("ksk-removed", "RFC 4035 §5.2", [EDE.dnskeyMissing], (site, set) => {
    const left = set.records.filter((record) => (record.rdata[1]! & 1) === 0);
    replaceKeys(site, left, keyOf(site, false));
  }),
  zoneWide("ksk-revoked", "RFC 5011 §2.1", [EDE.dnskeyMissing, EDE.bogus], (site, set) => {
    const revoked = withFlags(keyOf(site, true), 385);
    const others = set.records.filter((record) => (record.rdata[1]! & 1) === 0);
    replaceKeys(site, [...others, { ...revoked.dnskey, ttl: others[0]!.ttl }], revoked);
  }),
  {
    label: "zsk-removed",
    clause: "RFC 4035 §5.3.1",
    apply(site) {
      const left = keysOf(site).records.filter((record) => (record.rdata[1]! & 1) !== 0);
      replaceKeys(site, left);
      return allButKeys(site, bogus(EDE.dnskeyMissing, EDE.bogus));
    },
  },
  {
    label: "zsk-is-another-key",
    clause: "RFC 4035 §5.3.1",
    apply(site) {
      const ksks = keysOf(site).records.filter((record) => (record.rdata[1]! & 1) !== 0);
      replaceKeys(site, [...ksks, { ...strangerKey(site).dnskey, ttl: ksks[0]!.ttl }]);
      return allButKeys(site, bogus(EDE.dnskeyMissing, EDE.bogus));
    },
  },
  zskFault("zsk-revoked", "RFC 5011 §2.1", [EDE.dnskeyMissing, EDE.bogus], (key) => withFlags(key, 384)),
  zskFault("zsk-without-zone-bit", "RFC 4034 §2.1.1", [EDE.noZoneBit], (key) => withFlags(key, 0)),
  zskFault("zsk-protocol-not-3", "RFC 4034 §2.1.2", [EDE.dnskeyMissing, EDE.bogus], (key) => withFlags(key, 256, 2)),
  zoneWide("ksk-without-zone-bit", "RFC 4034 §5.2", [EDE.noZoneBit, EDE.dnskeyMissing], (site, set) => {
    const changed = withFlags(keyOf(site, true), 1);
    const others = set.records.filter((record) => (record.rdata[1]! & 1) === 0);
    replaceKeys(site, [...others, { ...changed.dnskey, ttl: others[0]!.ttl }], changed);
    site.ds = [dsRecord(changed.dnskey, 2)];
  }),
  {
    label: "zone-expired",
    clause: "RFC 4035 §5.3.1",
    plan: (plan) => ({ ...plan, daysOff: -30 }),
    apply: () => all(bogus(EDE.expired)),
  },
  {
    label: "zone-not-yet-valid",
    clause: "RFC 4035 §5.3.1",
    plan: (plan) => ({ ...plan, daysOff: 30 }),
    apply: () => all(bogus(EDE.notYetValid)),
  },
  // What is odd and holds.
  zoneWide("harmless-standby-key", "RFC 6781 §4.1.1.1", [], (site, set) =>
    replaceKeys(site, [...set.records, { ...strangerKey(site).dnskey, ttl: set.records[0]!.ttl }]),
  ),
  zoneWide("harmless-key-of-unknown-algorithm", "RFC 6840 §5.11", [], (site, set) => {
    const odd = dnskeyRecord(
      set.records[0]!,
      { flags: 257, algorithm: 200, ttl: set.records[0]!.ttl },
      Buffer.alloc(40, 7),
    );
    replaceKeys(site, [...set.records, odd]);
  }),
  zoneWide("harmless-revoked-key-beside", "RFC 5011 §2.1", [], (site, set) => {
    const revoked = withFlags(strangerKey(site), 385);
    replaceKeys(site, [...set.records, { ...revoked.dnskey, ttl: set.records[0]!.ttl }]);
  }),
  {
    label: "harmless-colliding-key-tags",
    clause: "RFC 4034 §8",
    fits: (site) => site.plan.algorithm === 15,
    apply(site) {
      const set = keysOf(site);
      const other = collidingKey(keyOf(site, false));
      replaceKeys(site, [{ ...other.dnskey, ttl: set.records[0]!.ttl }, ...set.records]);
      return harmless;
    },
  },
];
