/**
 * Faults of one RRset's signature, put on an RRset that some question's answer holds.
 */
import { generateKeyPairSync } from "node:crypto";
import { nameToWire, type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import { ancestor, countLabels } from "../../../../agent/wire/dns/name.ts";
import type { Random } from "../random.ts";
import { dnskeyRecord, publicOctets, type SigningKey, signingKey } from "../zones/keys.ts";
import { type Deviation, sign } from "../zones/resign.ts";
import { keyOf, type Site, touching } from "../zones/site.ts";
import type { Rrset } from "../zones/zone.ts";
import { bogus, EDE, type Fault, harmless } from "./fault.ts";

const DAY = 86_400;

/** Answers' RRsets that a fault may be put on: not the apex's own, which servers add where nobody asked. */
function candidates(site: Site, fits: (set: Rrset) => boolean = () => true): Rrset[] {
  const sets = [...site.honest.values()].flatMap((draft) => draft.answer.map(({ set }) => set));
  const own = (set: Rrset) => set.name !== site.zone.apex && set.signatures.length > 0 && set.type !== TYPE.DS;
  return [...new Set(sets)].filter((set) => own(set) && fits(set));
}

type Change = (set: Rrset, site: Site, random: Random) => void;

function onAnswer(label: string, clause: string, ede: number[], change: Change, fits?: (set: Rrset) => boolean): Fault {
  return {
    label,
    clause,
    fits: (site) => candidates(site, fits).length > 0,
    apply(site, random) {
      const set = random.pick(candidates(site, fits));
      const effect = ede.length > 0 ? touching(site, [set], bogus(...ede)) : harmless;
      change(set, site, random);
      return effect;
    },
  };
}

/** A name that a wildcard stands for may lie in an opt-out span: without a signer it could be below an unsigned cut (RFC 5155 §6). */
const isNoWildcard = (set: Rrset) => !set.name.startsWith("*.");

/** Signs anew with the zone's own key, deviating in one field. */
const deviating =
  (deviation: (site: Site, set: Rrset) => Deviation): Change =>
  (set, site) => {
    set.signatures = [sign(set, keyOf(site, false), site.zone.apex, site.now, deviation(site, set))];
  };

/** Changes the RRSIG's octets after signing. */
const editing =
  (edit: (rdata: Uint8Array, random: Random) => Uint8Array): Change =>
  (set, _site, random) => {
    set.signatures = set.signatures.map((one) => ({ ...one, rdata: edit(Uint8Array.from(one.rdata), random) }));
  };

const setOctet = (rdata: Uint8Array, at: number, value: number) => {
  rdata[at] = value & 0xff;
  return rdata;
};

export function flipSignature(rdata: Uint8Array, random: Random): Uint8Array {
  const at = random.int(rdata.length - 20, rdata.length - 1);
  return setOctet(rdata, at, rdata[at]! ^ (1 << random.int(0, 7)));
}

/** A key of the same algorithm that the zone does not have. */
export function strangerKey(site: Site): SigningKey {
  const { algorithm, dnskey } = keyOf(site, false);
  const pair = () => {
    if (algorithm === 13) return generateKeyPairSync("ec", { namedCurve: "P-256" });
    if (algorithm === 14) return generateKeyPairSync("ec", { namedCurve: "P-384" });
    if (algorithm === 15) return generateKeyPairSync("ed25519");
    if (algorithm === 16) return generateKeyPairSync("ed448");
    return generateKeyPairSync("rsa", { modulusLength: 1024 });
  };
  const { privateKey } = pair();
  return signingKey(dnskeyRecord(dnskey, { flags: 256, algorithm }, publicOctets(privateKey)), privateKey);
}

const flipData = ({ rdata, ...rest }: ResourceRecord, random: Random): ResourceRecord => {
  const changed = Uint8Array.from(rdata);
  changed[rdata.length - 1]! ^= 1 << random.int(0, 3);
  return { ...rest, rdata: changed };
};

/** Types whose last octet is plain data: a change there leaves the record readable. */
const PLAIN: readonly number[] = [TYPE.A, TYPE.AAAA, TYPE.TXT, TYPE.TLSA, TYPE.SSHFP, 65280];
const isPlain = (set: Rrset) => PLAIN.includes(set.type);

export const SIGNATURE_FAULTS: readonly Fault[] = [
  onAnswer(
    "signature-expired",
    "RFC 4035 §5.3.1",
    [EDE.expired],
    deviating(({ now }) => ({ inception: now - 12 * DAY, expiration: now - 2 * DAY })),
  ),
  onAnswer(
    "signature-expired-a-minute-ago",
    "RFC 4035 §5.3.1",
    [EDE.expired],
    deviating(({ now }) => ({ inception: now - 12 * DAY, expiration: now - 60 })),
  ),
  onAnswer(
    "signature-not-yet-valid",
    "RFC 4035 §5.3.1",
    [EDE.notYetValid],
    deviating(({ now }) => ({ inception: now + 2 * DAY, expiration: now + 12 * DAY })),
  ),
  onAnswer(
    "signature-inception-after-expiration",
    "RFC 4034 §3.1.5",
    [EDE.expired, EDE.notYetValid, EDE.bogus],
    deviating(({ now }) => ({ inception: now + 2 * DAY, expiration: now - 2 * DAY })),
  ),
  onAnswer("signature-octet-flipped", "RFC 4035 §5.3.3", [EDE.bogus], editing(flipSignature)),
  onAnswer(
    "signature-cut-short",
    "RFC 4035 §5.3.3",
    [EDE.bogus],
    editing((rdata) => rdata.slice(0, -3)),
  ),
  onAnswer("signature-missing", "RFC 4035 §5.2", [EDE.rrsigMissing], (set) => {
    set.signatures = [];
  }),
  onAnswer(
    "signature-expiration-extended",
    "RFC 4035 §5.3.2",
    [EDE.bogus],
    editing((rdata) => setOctet(rdata, 10, rdata[10]! ^ 1)),
  ),
  onAnswer(
    "signature-original-ttl-changed",
    "RFC 4035 §5.3.2",
    [EDE.bogus],
    editing((rdata) => setOctet(rdata, 7, rdata[7]! ^ 1)),
  ),
  onAnswer(
    "signature-key-tag-wrong",
    "RFC 4035 §5.3.1",
    [EDE.dnskeyMissing, EDE.bogus],
    editing((rdata) => setOctet(rdata, 17, rdata[17]! ^ 1)),
  ),
  onAnswer(
    "signature-algorithm-field-wrong",
    "RFC 4035 §5.3.1",
    [EDE.dnskeyMissing, EDE.bogus],
    editing((rdata) => setOctet(rdata, 2, rdata[2] === 13 ? 8 : 13)),
  ),
  onAnswer(
    "signature-labels-too-many",
    "RFC 4035 §5.3.1",
    [EDE.bogus],
    deviating((_site, set) => ({ labels: countLabels(set.name) + 1 })),
  ),
  onAnswer(
    "signature-labels-too-few",
    "RFC 4035 §5.3.4",
    [EDE.nsecMissing, EDE.bogus],
    deviating((_site, set) => ({ labels: countLabels(set.name) - 1 })),
    (set) => !set.name.startsWith("*."),
  ),
  onAnswer(
    "signature-signer-is-parent",
    "RFC 4035 §5.3.1",
    [EDE.dnskeyMissing, EDE.bogus],
    deviating((site) => ({ signer: ancestor(site.zone.apex) })),
    isNoWildcard,
  ),
  onAnswer(
    "signature-signer-is-stranger",
    "RFC 4035 §5.3.1",
    [EDE.dnskeyMissing, EDE.rrsigMissing, EDE.bogus],
    deviating(() => ({ signer: "elsewhere.test." })),
    isNoWildcard,
  ),
  onAnswer("signature-by-stranger-key", "RFC 4035 §5.3.1", [EDE.dnskeyMissing, EDE.bogus], (set, site) => {
    set.signatures = [sign(set, strangerKey(site), site.zone.apex, site.now)];
  }),
  onAnswer(
    "data-changed",
    "RFC 4035 §5.3.3",
    [EDE.bogus],
    (set, _site, random) => {
      set.records = [flipData(set.records[0]!, random), ...set.records.slice(1)];
    },
    isPlain,
  ),
  onAnswer(
    "record-added",
    "RFC 4035 §5.3.2",
    [EDE.bogus],
    (set) => {
      const [first] = set.records as [ResourceRecord];
      set.records = [...set.records, { ...first, rdata: Uint8Array.from([203, 0, 113, 5]) }];
    },
    (set) => set.type === TYPE.A,
  ),
  onAnswer(
    "record-removed",
    "RFC 4035 §5.3.2",
    [EDE.bogus],
    (set) => {
      set.records = set.records.slice(1);
    },
    (set) => set.records.length > 1,
  ),
  onAnswer(
    "signature-of-another-name",
    "RFC 4035 §5.3.1",
    [EDE.bogus],
    (set, site) => {
      const owner = nameToWire(`another.${site.zone.apex}`);
      const records = set.records.map((record) => ({ ...record, owner, name: `another.${site.zone.apex}` }));
      const [first] = set.records as [ResourceRecord];
      const made = sign({ ...set, records }, keyOf(site, false), site.zone.apex, site.now, {
        labels: countLabels(set.name),
      });
      set.signatures = [{ ...made, owner: first.owner, name: first.name }];
    },
    (set) => !set.name.startsWith("*."),
  ),
  // What is odd and holds.
  onAnswer("harmless-ttl-above-original", "RFC 4035 §5.3.3", [], (set) => {
    const ttl = set.records[0]!.ttl + 1_000;
    set.records = set.records.map((record) => ({ ...record, ttl }));
    set.signatures = set.signatures.map((record) => ({ ...record, ttl }));
  }),
  onAnswer("harmless-extra-broken-signature", "RFC 6840 §5.4", [], (set, _site, random) => {
    const broken = set.signatures.map((one) => ({ ...one, rdata: flipSignature(Uint8Array.from(one.rdata), random) }));
    set.signatures = [...broken, ...set.signatures];
  }),
  onAnswer("harmless-extra-expired-signature", "RFC 6840 §5.4", [], (set, site) => {
    const old = { inception: site.now - 12 * DAY, expiration: site.now - 2 * DAY };
    set.signatures = [sign(set, keyOf(site, false), site.zone.apex, site.now, old), ...set.signatures];
  }),
  onAnswer("harmless-extra-signature-of-unknown-algorithm", "RFC 6840 §5.4", [], (set) => {
    const other = set.signatures.map((one) => ({ ...one, rdata: setOctet(Uint8Array.from(one.rdata), 2, 200) }));
    set.signatures = [...other, ...set.signatures];
  }),
  onAnswer("harmless-signed-by-ksk", "RFC 4035 §5.3.1", [], (set, site) => {
    set.signatures = [sign(set, keyOf(site, true), site.zone.apex, site.now)];
  }),
  onAnswer(
    "harmless-signature-of-sixty-years",
    "RFC 4034 §3.1.5",
    [],
    deviating(({ now }) => ({ inception: now - DAY, expiration: now + 60 * 365 * DAY })),
  ),
];
