/**
 * Which questions rest on which denial: what the faults of denial.ts need to know to say whom they hit. Pure.
 */
import { TYPE } from "../../../../agent/wire/dns/index.ts";
import type { Asked } from "../serve/answer.ts";
import { coverOf, encloserProof, matchOf } from "../serve/denial.ts";
import type { Question } from "../zones/content.ts";
import { type Effect, type Expected, type Site, touching } from "../zones/site.ts";
import type { Rrset } from "../zones/zone.ts";

export const isDenial = (set: Rrset) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3;
export const hashed = (site: Site) => site.zone.nsec3s().length > 0;

export const denialsOf = (site: Site, question: Question): Rrset[] =>
  (site.honest.get(question)?.authority ?? []).map(({ set }) => set).filter(isDenial);

/** The unsigned child that a question is about. */
const childOf = (site: Site, { kind, name }: Question): string | undefined => {
  const { unsignedChildren: all } = site.content;
  return kind === "unsigned-child" ? (all.find((one) => name.endsWith(one)) ?? all[0]) : undefined;
};

/** Questions asked below an unsigned child fall with the proof that it has no DS, which is this zone's to give. */
export const provesChild = (site: Site, question: Question, sets: readonly Rrset[]): boolean => {
  const child = childOf(site, question);
  if (!child) return false;
  const proof = [matchOf(site.zone, child) ?? encloserProof(site.zone, child)].flat();
  return sets.some((set) => proof.includes(set));
};

/** Does that proof need the span of this record, and not its name alone? */
export const coversChild = (site: Site, question: Question, set: Rrset): boolean => {
  const child = childOf(site, question);
  return child !== undefined && !matchOf(site.zone, child) && encloserProof(site.zone, child)[1] === set;
};

/** The effect of a fault in these denial records. */
export function denialsTouched(site: Site, sets: readonly Rrset[], expected: Expected): Effect {
  const direct = touching(site, sets, expected);
  const below = new Set(site.content.questions.filter((question) => provesChild(site, question, sets)));
  return (question) => direct(question) ?? (below.has(question) ? expected : undefined);
}

export const same = (a: Asked, b: Asked) => a.name === b.name && a.type === b.type;

/** Only the record that proves this alone: one that also proves something else in the same response cannot be missed alone. */
export function onlyFor(
  site: Site,
  question: Question,
  wanted: Rrset | undefined,
  others: readonly (Rrset | undefined)[],
) {
  if (!wanted || others.includes(wanted) || !denialsOf(site, question).includes(wanted)) return undefined;
  return [wanted];
}

/** The parts of an NXDOMAIN's proof. */
export function nameErrorParts(site: Site, question: Question) {
  if (question.kind !== "nxdomain" || site.honest.get(question)?.answer.length !== 0) return undefined;
  const { zone } = site;
  const [encloser, cover] = encloserProof(zone, question.name);
  const wildcard = coverOf(zone, zone.wildcardAt(zone.closestEncloser(question.name)));
  return { encloser, cover, wildcard };
}

/** The denial that matches the very name of a NODATA. */
export function matchedNodata(site: Site, question: Question): Rrset | undefined {
  if (question.kind !== "nodata" || site.honest.get(question)?.answer.length !== 0) return undefined;
  const own = matchOf(site.zone, question.name);
  return own && denialsOf(site, question).includes(own) ? own : undefined;
}

/** Denials that a response needs because they cover a name: all of its own but those that match one. */
export function coveredBy(site: Site, question: Question): Rrset[] {
  const { zone } = site;
  const name = question.kind === "unsigned-child" ? undefined : question.name;
  if (name === undefined) return [];
  const encloser = zone.closestEncloser(name);
  const names = [name, zone.wildcardAt(encloser), zone.nextCloser(name, encloser)];
  const all = denialsOf(site, question);
  // With opt-out an empty non-terminal may have no NSEC3: what is proven to be there is further up.
  const [proven] = hashed(site) ? encloserProof(zone, name) : [];
  const matching = [...[name, zone.wildcardAt(encloser), encloser].map((one) => matchOf(zone, one)), proven];
  const covering = all.filter((set) => !matching.includes(set));
  return [
    ...new Set([
      ...covering,
      ...names.map((one) => coverOf(zone, one)).filter((set) => set !== undefined && all.includes(set)),
    ]),
  ] as Rrset[];
}
