/**
 * Hostile hands on a response: octets flipped, records dropped, doubled, moved, spliced in from other responses, headers and
 * counts changed. Every message is one mutation (sometimes two) away from an honest one. Pure.
 */
import { type ResourceRecord, readMessage, TYPE } from "../../../agent/wire/dns/index.ts";
import type { Random } from "./random.ts";

export interface Parts {
  /** Header octets 0-3 (id and flags). */
  head: Uint8Array;
  /** The question section's octets. */
  question: Uint8Array;
  sections: [ResourceRecord[], ResourceRecord[], ResourceRecord[]];
}

/** Reads honest octets into what the mutations work on. OPT is left out: nothing here depends on it. */
export function partsOf(octets: Uint8Array): Parts {
  const message = readMessage(octets);
  const [question] = message.questions;
  const wire = question ? [...question.wire, question.type >> 8, question.type & 0xff, 0, question.class] : [];
  return {
    head: octets.slice(0, 4),
    question: Uint8Array.from(wire),
    sections: [[...message.answer], [...message.authority], [...message.additional]],
  };
}

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];

function octetsOf({ head, question, sections }: Parts): Uint8Array {
  const counts = sections.flatMap((records) => u16(records.length));
  const records = sections.flat().map(({ owner, type, class: klass, ttl, rdata }) => {
    const fixed = [
      ...u16(type),
      ...u16(klass),
      ...u16(Math.floor(ttl / 65536)),
      ...u16(ttl & 0xffff),
      ...u16(rdata.length),
    ];
    return Buffer.concat([owner, Uint8Array.from(fixed), rdata]);
  });
  return Buffer.concat([head, Uint8Array.from([...u16(question.length > 0 ? 1 : 0), ...counts]), question, ...records]);
}

type Mutation = (parts: Parts, random: Random, others: readonly Parts[]) => void;

const anySection = (parts: Parts, random: Random) => random.pick(parts.sections);

function anyRecord(parts: Parts, random: Random): { section: ResourceRecord[]; at: number } | undefined {
  const full = parts.sections.filter((section) => section.length > 0);
  if (full.length === 0) return undefined;
  const section = random.pick(full);
  return { section, at: random.int(0, section.length - 1) };
}

function change(parts: Parts, random: Random, how: (record: ResourceRecord) => ResourceRecord): void {
  const found = anyRecord(parts, random);
  if (found) found.section[found.at] = how(found.section[found.at]!);
}

const flipOctet = (octets: Uint8Array, random: Random): Uint8Array => {
  const out = Uint8Array.from(octets);
  if (out.length > 0) out[random.int(0, out.length - 1)]! ^= 1 << random.int(0, 7);
  return out;
};

const MUTATIONS: readonly Mutation[] = [
  (parts, random) => change(parts, random, (record) => ({ ...record, rdata: flipOctet(record.rdata, random) })),
  (parts, random) =>
    change(parts, random, (record) => ({ ...record, rdata: record.rdata.slice(0, -random.int(1, 4)) })),
  (parts, random) =>
    change(parts, random, (record) => ({
      ...record,
      rdata: Buffer.concat([record.rdata, random.octets(random.int(1, 4))]),
    })),
  (parts, random) => change(parts, random, (record) => ({ ...record, ttl: random.int(0, 0x7fffffff) })),
  (parts, random) =>
    change(parts, random, (record) => ({
      ...record,
      type: random.pick([1, 2, 5, 6, 28, 39, 43, 46, 47, 48, 50, 255, 65280]),
    })),
  (parts, random) => change(parts, random, (record) => ({ ...record, class: random.pick([1, 3, 254, 255]) })),
  (parts, random) => change(parts, random, (record) => ({ ...record, owner: parts.question.slice(0, -4) })),
  (parts, random) => {
    const other = anyRecord(parts, random);
    if (other) change(parts, random, (record) => ({ ...record, owner: other.section[other.at]!.owner }));
  },
  (parts, random) => {
    const found = anyRecord(parts, random);
    found?.section.splice(found.at, 1);
  },
  (parts, random) => {
    const found = anyRecord(parts, random);
    if (found) anySection(parts, random).push(found.section[found.at]!);
  },
  (parts, random) => {
    const found = anyRecord(parts, random);
    if (found) anySection(parts, random).unshift(...found.section.splice(found.at, 1));
  },
  (parts, random) => {
    const type = random.pick([TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.SOA, TYPE.DS, TYPE.CNAME]);
    parts.sections = parts.sections.map((section) =>
      section.filter((record) => record.type !== type),
    ) as Parts["sections"];
  },
  (parts) => {
    parts.sections[0] = [];
  },
  (parts) => {
    parts.sections[1] = [];
  },
  // Genuine records of the same zone in the wrong place: what an attacker on the path can really send.
  (parts, random, others) => {
    const other = random.pick(others);
    anySection(parts, random).push(...random.pick(other.sections));
  },
  (parts, random, others) => {
    parts.sections = structuredClone(random.pick(others).sections);
  },
  (parts, random, others) => {
    parts.sections[1] = [...random.pick(others).sections[1]];
  },
  (parts, random, others) => {
    const other = random.pick(others);
    parts.sections = [[], [...other.sections[1], ...other.sections[0]], []];
  },
  (parts, random, others) => {
    const other = random.pick(others);
    const name = parts.question.slice(0, -4);
    parts.sections[0] = other.sections[0].map((record) => ({ ...record, owner: name }));
  },
  (parts, random) => {
    parts.head[3] = (parts.head[3]! & 0xf0) | random.pick([0, 0, 2, 3, 3, 5, 6]);
  },
  (parts, random) => {
    parts.head[2]! ^= random.pick([0x04, 0x02, 0x80]);
  },
  (parts, random) => {
    parts.sections = parts.sections.map((section) => random.shuffled(section)) as Parts["sections"];
  },
  (parts) => {
    parts.sections = [parts.sections[1], parts.sections[0], parts.sections[2]];
  },
];

/** A mutated copy of an honest message. `others` are honest messages of the same zone. */
export function mutate(honest: Parts, random: Random, others: readonly Parts[]): Uint8Array {
  const parts: Parts = {
    head: Uint8Array.from(honest.head),
    question: honest.question,
    sections: [[...honest.sections[0]], [...honest.sections[1]], [...honest.sections[2]]],
  };
  const times = random.chance(0.3) ? 2 : 1;
  if (random.chance(0.8)) for (let i = 0; i < times; i++) random.pick(MUTATIONS)(parts, random, others);
  const octets = octetsOf(parts);
  return random.chance(0.25) ? scratch(octets, random) : octets;
}

/** Damage without sense for structure: octets flipped or set, a tail cut off or added, pointers to anywhere. */
function scratch(octets: Uint8Array, random: Random): Uint8Array {
  const out = Uint8Array.from(octets);
  const at = () => random.int(2, out.length - 1);
  const way = random.int(0, 4);
  if (way === 0) for (let i = random.int(1, 6); i > 0; i--) out[at()]! ^= 1 << random.int(0, 7);
  if (way === 1) out[at()] = random.int(0, 255);
  if (way === 2) return out.slice(0, random.int(0, out.length));
  if (way === 3) return Buffer.concat([out, random.octets(random.int(1, 40))]);
  if (way === 4) {
    const place = Math.min(at(), out.length - 2);
    out[place] = 0xc0 | random.int(0, 3);
    out[place + 1] = random.int(0, 255);
  }
  return out;
}
