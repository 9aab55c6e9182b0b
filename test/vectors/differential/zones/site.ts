/**
 * A zone under test with all that belongs to it: how it was signed, its children, what its parent is told, what is asked of it
 * and what an honest server would say. Faults change a site; labels come out of it.
 */
import type { ResourceRecord } from "../../../../agent/wire/dns/index.ts";
import { type Asked, answer, type Draft } from "../serve/answer.ts";
import type { Content, Question } from "./content.ts";
import type { SigningKey } from "./keys.ts";
import type { Signed, SigningPlan } from "./sign.ts";
import type { Rrset, Zone } from "./zone.ts";

export type Security = "secure" | "insecure" | "bogus";

/** What a validator has to say. `ede`: the extended errors of RFC 8914 that fit, any of them; absent where it fixes none. */
export interface Expected {
  readonly security: Security;
  readonly ede?: readonly number[];
}

/** The answers that a fault changes; undefined leaves a question as it is in a zone that is whole. */
export type Effect = (question: Question) => Expected | undefined;

export interface Site {
  readonly plan: SigningPlan;
  readonly content: Content;
  readonly zone: Zone;
  readonly keys: readonly SigningKey[];
  /** The honest response to each question, made before any fault. */
  readonly honest: ReadonlyMap<Question, Draft>;
  /** Zones below, signed or not. */
  readonly children: readonly Zone[];
  /** How the signed ones among them were signed. */
  readonly childPlans: readonly SigningPlan[];
  /** Unix seconds of the run. */
  readonly now: number;
  /** DS records that the parent is given. */
  ds: ResourceRecord[];
  /** Who serves it; faults in responses need our own server. */
  server: "own" | "knot" | "bind";
  tamper?: (draft: Draft, asked: Asked) => Draft;
  /** What is done to the signed parent. */
  onParent?: (parent: Signed) => void;
  /** What the parent's server does to responses about this zone. */
  tamperParent?: (draft: Draft, asked: Asked) => Draft;
}

export function honestAnswers(zone: Zone, questions: readonly Question[]): Map<Question, Draft> {
  return new Map(questions.map((question) => [question, answer([{ zone }], question)]));
}

/** Does the honest response to a question hold this RRset, in answer or authority? */
export function uses(site: Site, question: Question, set: Rrset): boolean {
  const draft = site.honest.get(question);
  return draft !== undefined && [...draft.answer, ...draft.authority].some((placed) => placed.set === set);
}

/** All questions whose honest response holds one of these RRsets, as an effect. */
export function touching(site: Site, sets: readonly Rrset[], expected: Expected): Effect {
  const hit = new Set(site.content.questions.filter((question) => sets.some((set) => uses(site, question, set))));
  return (question) => (hit.has(question) ? expected : undefined);
}

export function keyOf(site: { readonly keys: readonly SigningKey[] }, sep: boolean): SigningKey {
  const key = site.keys.find((one) => one.sep === sep);
  if (!key) throw new Error(`no ${sep ? "KSK" : "ZSK"}`);
  return key;
}
