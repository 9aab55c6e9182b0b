/**
 * Faults between parent and zone: wrong DS records, honestly signed; DS or the proof of its absence broken at the parent.
 */
import { type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import { readBitmap, writeBitmap } from "../../../../agent/wire/dns/text/fields.ts";
import type { Random } from "../random.ts";
import type { Asked, Draft } from "../serve/answer.ts";
import { matchOf, nameLength } from "../serve/denial.ts";
import { sign } from "../zones/resign.ts";
import { dsRecord, type Signed } from "../zones/sign.ts";
import { type Effect, type Expected, keyOf, type Site } from "../zones/site.ts";
import type { Rrset } from "../zones/zone.ts";
import { bogus, EDE, type Fault, harmless, insecure } from "./fault.ts";
import { flipSignature, strangerKey } from "./signatures.ts";

const all =
  (expected: Expected): Effect =>
  () =>
    expected;

function ds(
  label: string,
  clause: string,
  expected: Expected | undefined,
  change: (site: Site, random: Random) => ResourceRecord[],
): Fault {
  return {
    label,
    clause,
    apply(site, random) {
      site.ds = change(site, random);
      return expected ? all(expected) : harmless;
    },
  };
}

const edit = (record: ResourceRecord, at: number, value: (old: number) => number): ResourceRecord => {
  const rdata = Uint8Array.from(record.rdata);
  const index = at < 0 ? rdata.length + at : at;
  rdata[index] = value(rdata[index]!) & 0xff;
  return { ...record, rdata };
};
const own = (site: Site, digest: 1 | 2 | 4 = 2) => dsRecord(keyOf(site, true).dnskey, digest);

/** Something done to the parent after it was signed, to RRsets about this zone alone. */
function atParent(
  label: string,
  clause: string,
  expected: Expected,
  change: (site: Site, parent: Signed, random: Random) => void,
): Fault {
  return {
    label,
    clause,
    ownServer: true,
    apply(site, random) {
      site.onParent = (parent) => change(site, parent, random);
      return all(expected);
    },
  };
}

const eachSignature = (set: Rrset, change: (rdata: Uint8Array) => Uint8Array) => {
  set.signatures = set.signatures.map((one) => ({ ...one, rdata: change(Uint8Array.from(one.rdata)) }));
};

/** Parent's responses about this zone, without the RRsets that `drop` picks. */
function stripping(
  label: string,
  clause: string,
  expected: Expected,
  drop: (set: Rrset) => boolean,
  unsigned: boolean,
): Fault {
  return {
    label,
    clause,
    ownServer: true,
    apply(site) {
      if (unsigned) site.ds = [];
      site.tamperParent = (draft: Draft, asked: Asked) => {
        if (asked.name !== site.zone.apex && !asked.name.endsWith(`.${site.zone.apex}`)) return draft;
        const keep = (section: Draft["answer"]) => section.filter(({ set }) => !drop(set));
        return { ...draft, answer: keep(draft.answer), authority: keep(draft.authority) };
      };
      return all(expected);
    },
  };
}

const isDenial = (set: Rrset) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3;

/** Parent's own denial at this zone's name, where it has one (not under opt-out). */
function denialAt(site: Site, parent: Signed): Rrset {
  const set = matchOf(parent.zone, site.zone.apex);
  if (!set) throw new Error(`the parent has no denial at ${site.zone.apex}`);
  return set;
}

function addToBitmap(set: Rrset, type: number): void {
  set.records = set.records.map((record) => {
    const at = bitmapAt(record);
    const types = [...new Set([...readBitmap(record.rdata, at), type])];
    return { ...record, rdata: Uint8Array.from([...record.rdata.subarray(0, at), ...writeBitmap(types)]) };
  });
}

/** Where the type bitmap begins in NSEC or NSEC3 RDATA. */
export function bitmapAt({ type, rdata }: ResourceRecord): number {
  if (type === TYPE.NSEC) return nameLength(rdata);
  const saltEnd = 5 + rdata[4]!;
  return saltEnd + 1 + rdata[saltEnd]!;
}

export const DELEGATION_FAULTS: readonly Fault[] = [
  ds("ds-of-another-key", "RFC 4035 §5.2", bogus(EDE.dnskeyMissing), (site) => [dsRecord(strangerKey(site).dnskey, 2)]),
  ds("ds-digest-wrong", "RFC 4035 §5.2", bogus(EDE.dnskeyMissing), (site) => [edit(own(site), -1, (old) => old ^ 1)]),
  ds("ds-key-tag-wrong", "RFC 4035 §5.2", bogus(EDE.dnskeyMissing), (site) => [edit(own(site), 1, (old) => old ^ 1)]),
  ds("ds-algorithm-without-dnskey", "RFC 4035 §5.2", bogus(EDE.dnskeyMissing), (site) => [
    edit(own(site), 2, (old) => (old === 13 ? 14 : 13)),
  ]),
  ds("ds-sha1-right-sha256-wrong", "RFC 4509 §3", bogus(EDE.dnskeyMissing), (site) => [
    own(site, 1),
    edit(own(site, 2), -1, (old) => old ^ 1),
  ]),
  ds("ds-unknown-algorithm-only", "RFC 4035 §5.2", insecure(EDE.unsupportedAlgorithm), (site) => [
    edit(own(site), 2, () => 200),
  ]),
  ds("ds-unknown-digest-only", "RFC 4509 §3, RFC 6840 §5.2", insecure(EDE.unsupportedDigest), (site) => [
    edit(own(site), 3, () => 200),
  ]),
  ds("ds-absent-zone-signed", "RFC 4035 §5.2", insecure(), () => []),
  atParent("ds-signature-flipped", "RFC 4035 §5.2", bogus(EDE.bogus), (site, parent, random) =>
    eachSignature(parent.zone.must(site.zone.apex, TYPE.DS), (rdata) => flipSignature(rdata, random)),
  ),
  atParent("ds-signature-expired", "RFC 4035 §5.2", bogus(EDE.expired), (site, parent) => {
    const set = parent.zone.must(site.zone.apex, TYPE.DS);
    const times = { inception: site.now - 1_000_000, expiration: site.now - 100_000 };
    set.signatures = [sign(set, keyOf(parent, false), parent.zone.apex, site.now, times)];
  }),
  atParent("ds-signature-missing", "RFC 4035 §5.2", bogus(EDE.rrsigMissing), (site, parent) => {
    parent.zone.must(site.zone.apex, TYPE.DS).signatures = [];
  }),
  atParent("ds-changed-under-signature", "RFC 4035 §5.2", bogus(EDE.bogus), (site, parent) => {
    const set = parent.zone.must(site.zone.apex, TYPE.DS);
    set.records = set.records.map((record) => edit(record, -1, (old) => old ^ 1));
  }),
  stripping(
    "ds-stripped",
    "RFC 4035 §5.2",
    bogus(EDE.nsecMissing, EDE.rrsigMissing, EDE.dnskeyMissing),
    (set) => set.type === TYPE.DS,
    false,
  ),
  stripping("ds-absence-unproven", "RFC 4035 §5.2", bogus(EDE.nsecMissing), isDenial, true),
  {
    label: "ds-absence-signature-flipped",
    clause: "RFC 4035 §5.4",
    ownServer: true,
    apply(site, random) {
      site.ds = [];
      site.onParent = (parent) => eachSignature(denialAt(site, parent), (rdata) => flipSignature(rdata, random));
      return all(bogus(EDE.bogus));
    },
  },
  {
    label: "ds-absence-bitmap-claims-ds",
    clause: "RFC 4035 §5.4",
    ownServer: true,
    apply(site) {
      site.ds = [];
      site.onParent = (parent) => {
        const set = denialAt(site, parent);
        addToBitmap(set, TYPE.DS);
        set.signatures = [sign(set, keyOf(parent, false), parent.zone.apex, site.now)];
      };
      return all(bogus(EDE.nsecMissing, EDE.bogus));
    },
  },
  // What is odd and holds.
  ds("harmless-ds-sha1", "RFC 4509 §3", undefined, (site) => [own(site, 1)]),
  ds("harmless-ds-sha384", "RFC 6605 §3", undefined, (site) => [own(site, 4)]),
  ds("harmless-ds-stale-beside", "RFC 6840 §5.4", undefined, (site) => [
    dsRecord(strangerKey(site).dnskey, 2),
    own(site),
  ]),
  ds("harmless-ds-unknown-digest-beside", "RFC 6840 §5.2", undefined, (site) => [
    edit(own(site), 3, () => 200),
    own(site),
  ]),
  ds("harmless-ds-second-algorithm-without-dnskey", "RFC 6840 §5.11", undefined, (site) => [
    edit(own(site), 2, (old) => (old === 13 ? 14 : 13)),
    own(site),
  ]),
  ds("harmless-ds-for-zsk", "RFC 6840 §6.2", undefined, (site) => {
    const zsk = keyOf(site, false);
    const set = site.zone.must(site.zone.apex, TYPE.DNSKEY);
    set.signatures = [sign(set, zsk, site.zone.apex, site.now)];
    return [dsRecord(zsk.dnskey, 2)];
  }),
];
