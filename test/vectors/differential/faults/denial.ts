/**
 * Faults of proofs that something does not exist: records missing from responses, records that lie under a good signature,
 * denials of what is there.
 */
import { isBelow, nameToWire, RCODE, TYPE } from "../../../../agent/wire/dns/index.ts";
import { readBitmap, writeBitmap } from "../../../../agent/wire/dns/text/fields.ts";
import type { Random } from "../random.ts";
import type { Draft, Placed } from "../serve/answer.ts";
import { coverOf, matchOf } from "../serve/denial.ts";
import type { Question } from "../zones/content.ts";
import { sign } from "../zones/resign.ts";
import { type Expected, keyOf, type Site, touching } from "../zones/site.ts";
import type { Rrset } from "../zones/zone.ts";
import { bitmapAt } from "./delegation.ts";
import { bogus, EDE, type Fault, harmless, insecure } from "./fault.ts";
import {
  coveredBy,
  coversChild,
  denialsOf,
  denialsTouched,
  hashed,
  isDenial,
  matchedNodata,
  nameErrorParts,
  onlyFor,
  same,
} from "./proofs.ts";
import { flipSignature } from "./signatures.ts";

const DAY = 86_400;
/** A fault put on one NSEC or NSEC3 that some response holds. */
function onDenial(
  label: string,
  clause: string,
  ede: number[],
  change: (set: Rrset, site: Site, random: Random) => void,
): Fault {
  const candidates = (site: Site) => [
    ...new Set(site.content.questions.flatMap((question) => denialsOf(site, question))),
  ];
  return {
    label,
    clause,
    ownServer: true,
    fits: (site) => candidates(site).length > 0,
    apply(site, random) {
      const set = random.pick(candidates(site));
      const effect = denialsTouched(site, [set], bogus(...ede));
      change(set, site, random);
      return effect;
    },
  };
}

const resigned = (set: Rrset, site: Site, times = {}) => {
  set.signatures = [sign(set, keyOf(site, false), site.zone.apex, site.now, times)];
};

/** What one question's response loses: the RRsets that `drop` names for it. */
function dropping(
  label: string,
  clause: string,
  drop: (site: Site, question: Question) => readonly Rrset[] | undefined,
): Fault {
  const victims = (site: Site) => site.content.questions.filter((question) => (drop(site, question) ?? []).length > 0);
  return {
    label,
    clause,
    ownServer: true,
    fits: (site) => victims(site).length > 0,
    apply(site, random) {
      const victim = random.pick(victims(site));
      const dropped = drop(site, victim)!;
      // By name and not by type, and for what does not exist on the way there too: a resolver that minimises its questions
      // (RFC 9156 §2.3) asks for those first, and may stop at one (RFC 8020).
      const onTheWay = (name: string) =>
        name === victim.name ||
        (isBelow(victim.name, name) && isBelow(name, site.zone.apex) && !site.zone.exists(name));
      site.tamper = (draft, asked) =>
        onTheWay(asked.name)
          ? { ...draft, authority: draft.authority.filter(({ set }) => !dropped.includes(set)) }
          : draft;
      return (question) => (question.name === victim.name ? bogus(EDE.nsecMissing) : undefined);
    },
  };
}

function forged(label: string, clause: string, forge: (site: Site, question: Question) => Draft | undefined): Fault {
  // A forged answer about keys or DS would break the whole zone, or the one below.
  const others: readonly number[] = [TYPE.DNSKEY, TYPE.DS];
  const victims = (site: Site) =>
    site.content.questions.filter(
      (question) => question.kind === "positive" && !others.includes(question.type) && forge(site, question),
    );
  return {
    label,
    clause,
    ownServer: true,
    fits: (site) => victims(site).length > 0,
    apply(site, random) {
      const victim = random.pick(victims(site));
      const lie = forge(site, victim)!;
      site.tamper = (draft, asked) => (same(asked, victim) ? lie : draft);
      return (question) => (same(question, victim) ? bogus(EDE.nsecMissing, EDE.bogus) : undefined);
    },
  };
}

const denyingDraft = (site: Site, rcode: number, sets: readonly (Rrset | undefined)[]): Draft => ({
  rcode,
  authoritative: true,
  answer: [],
  authority: [site.zone.must(site.zone.apex, TYPE.SOA), ...sets]
    .filter((set) => set !== undefined)
    .map((set): Placed => ({ set })),
  additional: [],
});

/** Every NSEC3 of the zone with other fixed fields, under good signatures. */
function allNsec3(label: string, clause: string, expected: Expected, at: number, value: number): Fault {
  return {
    label,
    clause,
    ownServer: true,
    fits: hashed,
    apply(site) {
      const effect = denialsTouched(site, site.zone.nsec3s(), expected);
      for (const set of site.zone.nsec3s()) {
        set.records = set.records.map((record) => {
          const rdata = Uint8Array.from(record.rdata);
          rdata[at] = value;
          return { ...record, rdata };
        });
        resigned(set, site);
      }
      return effect;
    },
  };
}

const withType = (set: Rrset, types: readonly number[]) => {
  set.records = set.records.map((record) => {
    const at = bitmapAt(record);
    const all = [...new Set([...readBitmap(record.rdata, at), ...types])];
    return { ...record, rdata: Uint8Array.from([...record.rdata.subarray(0, at), ...writeBitmap(all)]) };
  });
};

/** The next owner moved to right behind the owner, so that the span is empty. */
function emptySpan(set: Rrset): void {
  set.records = set.records.map((record) => {
    const at = bitmapAt(record);
    const types = record.rdata.subarray(at);
    if (record.type === TYPE.NSEC) {
      const next = Uint8Array.from([1, 0, ...nameToWire(set.name)]);
      return { ...record, rdata: Uint8Array.from([...next, ...types]) };
    }
    const rdata = Uint8Array.from(record.rdata);
    const hash = rdata.subarray(0, at);
    // Own hash plus one: nothing lies between.
    const own = ownHash(set.name);
    for (let i = own.length - 1; i >= 0; i--) {
      own[i] = (own[i]! + 1) & 0xff;
      if (own[i] !== 0) break;
    }
    hash.set(own, at - own.length);
    return { ...record, rdata };
  });
}

function ownHash(name: string): Uint8Array {
  const digits = "0123456789abcdefghijklmnopqrstuv";
  const bits = [...name.split(".")[0]!].map((c) => digits.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from({ length: 20 }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2));
}

export const DENIAL_FAULTS: readonly Fault[] = [
  {
    label: "denial-missing",
    clause: "RFC 4035 §5.4",
    ownServer: true,
    apply(site) {
      const sets = [...site.zone.nsecs(), ...site.zone.nsec3s()];
      site.tamper = (draft) => ({ ...draft, authority: draft.authority.filter(({ set }) => !isDenial(set)) });
      return denialsTouched(site, sets, bogus(EDE.nsecMissing));
    },
  },
  onDenial("denial-signature-flipped", "RFC 4035 §5.4", [EDE.bogus, EDE.nsecMissing], (set, _site, random) => {
    set.signatures = set.signatures.map((one) => ({
      ...one,
      rdata: flipSignature(Uint8Array.from(one.rdata), random),
    }));
  }),
  onDenial("denial-signature-expired", "RFC 4035 §5.4", [EDE.expired, EDE.nsecMissing], (set, site) =>
    resigned(set, site, { inception: site.now - 12 * DAY, expiration: site.now - 2 * DAY }),
  ),
  onDenial("denial-signature-missing", "RFC 4035 §5.4", [EDE.rrsigMissing, EDE.nsecMissing], (set) => {
    set.signatures = [];
  }),
  {
    label: "soa-signature-flipped-in-denials",
    clause: "RFC 4035 §5.4",
    ownServer: true,
    apply(site, random) {
      const set = site.zone.must(site.zone.apex, TYPE.SOA);
      const effect = touching(site, [set], bogus(EDE.bogus));
      set.signatures = set.signatures.map((one) => ({
        ...one,
        rdata: flipSignature(Uint8Array.from(one.rdata), random),
      }));
      return effect;
    },
  },
  {
    label: "denial-chain-gap",
    clause: "RFC 4035 §5.4, RFC 5155 §8.3",
    ownServer: true,
    fits: (site) => site.content.questions.some((question) => nameErrorParts(site, question)?.cover),
    apply(site, random) {
      const victim = random.pick(site.content.questions.filter((question) => nameErrorParts(site, question)?.cover));
      const set = nameErrorParts(site, victim)!.cover!;
      // Where the same record also matches, it still does: only names that it covered lose their proof.
      const covered = (question: Question) =>
        coveredBy(site, question).includes(set) || coversChild(site, question, set);
      const hit = new Set(site.content.questions.filter(covered));
      emptySpan(set);
      resigned(set, site);
      return (question) => (hit.has(question) ? bogus(EDE.nsecMissing) : undefined);
    },
  },
  {
    label: "denial-bitmap-claims-type",
    clause: "RFC 4035 §5.4, RFC 5155 §8.5",
    ownServer: true,
    fits: (site) => site.content.questions.some((question) => matchedNodata(site, question)),
    apply(site, random) {
      const victim = random.pick(site.content.questions.filter((question) => matchedNodata(site, question)));
      const set = matchedNodata(site, victim)!;
      withType(set, [victim.type]);
      resigned(set, site);
      const lied = (question: Question) => question.type === victim.type && matchedNodata(site, question) === set;
      return (question) => (lied(question) ? bogus(EDE.nsecMissing) : undefined);
    },
  },
  {
    label: "denial-bitmap-claims-cname",
    clause: "RFC 6840 §4.3",
    ownServer: true,
    fits: (site) => site.content.questions.some((question) => matchedNodata(site, question)),
    apply(site, random) {
      const victim = random.pick(site.content.questions.filter((question) => matchedNodata(site, question)));
      const set = matchedNodata(site, victim)!;
      const hit = new Set(site.content.questions.filter((question) => matchedNodata(site, question) === set));
      withType(set, [TYPE.CNAME]);
      resigned(set, site);
      return (question) => (hit.has(question) ? bogus(EDE.nsecMissing) : undefined);
    },
  },
  dropping("nxdomain-cover-missing", "RFC 4035 §5.4", (site, question) => {
    const parts = nameErrorParts(site, question);
    return parts && onlyFor(site, question, parts.cover, [parts.encloser, parts.wildcard]);
  }),
  dropping("nxdomain-wildcard-denial-missing", "RFC 4035 §5.4", (site, question) => {
    const parts = nameErrorParts(site, question);
    return parts && onlyFor(site, question, parts.wildcard, [parts.encloser, parts.cover]);
  }),
  dropping("nxdomain-closest-encloser-missing", "RFC 5155 §8.4", (site, question) => {
    const parts = hashed(site) ? nameErrorParts(site, question) : undefined;
    return parts && onlyFor(site, question, parts.encloser, [parts.cover, parts.wildcard]);
  }),
  dropping("wildcard-proof-missing", "RFC 4035 §5.3.4", (site, question) =>
    question.kind === "wildcard" ? denialsOf(site, question) : undefined,
  ),
  forged("nxdomain-forged", "RFC 4035 §5.4", (site) =>
    denyingDraft(site, RCODE.NXDOMAIN, [
      matchOf(site.zone, site.zone.apex),
      coverOf(site.zone, `zz-forged.${site.zone.apex}`),
    ]),
  ),
  forged("nodata-forged-by-own-denial", "RFC 4035 §5.4", (site, question) => {
    const own = matchOf(site.zone, question.name);
    return own && denyingDraft(site, RCODE.NOERROR, [own]);
  }),
  forged("nodata-forged-without-denial", "RFC 4035 §5.4", (site) => denyingDraft(site, RCODE.NOERROR, [])),
  allNsec3("nsec3-unknown-hash", "RFC 5155 §8.1", bogus(EDE.nsecMissing, EDE.bogus), 0, 2),
  allNsec3("nsec3-unknown-flag", "RFC 5155 §8.2", bogus(EDE.nsecMissing, EDE.bogus), 1, 2),
  {
    label: "nsec3-iterations-excessive",
    clause: "RFC 9276 §3.2",
    plan: (plan, random) => ({
      ...plan,
      signer: "knot",
      algorithm: plan.algorithm === 5 ? 8 : plan.algorithm,
      denial: { kind: "nsec3", iterations: random.int(600, 2_500), salt: 4 },
    }),
    apply: (site) => denialsTouched(site, site.zone.nsec3s(), insecure(EDE.nsec3Iterations)),
  },
  {
    label: "harmless-nsec3-iterations-100",
    clause: "RFC 9276 §3.2",
    plan: (plan) => ({
      ...plan,
      algorithm: plan.algorithm === 5 ? 8 : plan.algorithm,
      denial: { kind: "nsec3", iterations: 100, salt: 8 },
    }),
    apply: () => harmless,
  },
];
