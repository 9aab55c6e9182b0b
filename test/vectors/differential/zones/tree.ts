/**
 * One batch: a private root, four signed zones below it, and below those the zones under test, each whole or with one fault.
 * Signed from the leaves up, so that every parent holds its children's DS.
 */
import { isBelow, TYPE } from "../../../../agent/wire/dns/index.ts";
import { recordText } from "../../../../agent/wire/dns/text/record.ts";
import type { Fault } from "../faults/index.ts";
import type { Random } from "../random.ts";
import type { Draft, Served } from "../serve/answer.ts";
import { encloserProof, matchOf } from "../serve/denial.ts";
import { apexLines, type Content, childText, makeContent, type Question, type ServerAddresses } from "./content.ts";
import { type Denial, dsRecord, type Signed, type SigningPlan, type Workshop } from "./sign.ts";
import { type Effect, type Expected, honestAnswers, keyOf, type Site } from "./site.ts";
import { type Rrset, Zone } from "./zone.ts";

export const ADDRESSES = {
  own: { v4: "192.0.2.1", v6: "2001:db8:53::1" },
  knot: { v4: "192.0.2.2", v6: "2001:db8:53::2" },
  bind: { v4: "192.0.2.3", v6: "2001:db8:53::3" },
} as const satisfies Record<string, ServerAddresses>;

/** A site with its label. */
export interface Case {
  readonly id: string;
  readonly fault: Fault | undefined;
  readonly site: Site;
  readonly effect: Effect;
}

export interface Tree {
  readonly cases: readonly Case[];
  /** What our own server serves. */
  readonly served: readonly Served[];
  /** Zones for Knot and BIND, by server. */
  readonly daemons: { readonly knot: readonly Zone[]; readonly bind: readonly Zone[] };
  /** DS of the root, zone-file text. */
  readonly anchor: string;
}

const PARENTS: readonly SigningPlan[] = [
  { apex: "alpha.", signer: "bind", algorithm: 13, denial: { kind: "nsec", iterations: 0, salt: 0 }, daysOff: 0 },
  { apex: "beta.", signer: "knot", algorithm: 15, denial: { kind: "nsec3", iterations: 0, salt: 0 }, daysOff: 0 },
  { apex: "gamma.", signer: "bind", algorithm: 8, denial: { kind: "nsec3", iterations: 5, salt: 4 }, daysOff: 0 },
  { apex: "delta.", signer: "knot", algorithm: 14, denial: { kind: "nsec", iterations: 0, salt: 0 }, daysOff: 0 },
];

/**
 * `faults[i]` is the fault of zone i, undefined for one that is whole; `ownOnly` has our own server serve them all.
 * Throws when a signer refuses.
 */
export async function makeTree(
  random: Random,
  workshop: Workshop,
  faults: readonly (Fault | undefined)[],
  now: number,
  firstId: number,
  ownOnly = false,
): Promise<Tree> {
  const made = await inParallel(faults, 3, (fault, i) => {
    const apex = `z${firstId + i}.${PARENTS[i % PARENTS.length]!.apex}`;
    return makeCase(random.fork(`zone${firstId + i}`), workshop, { fault, apex, id: firstId + i, now, ownOnly });
  });
  const parents = await Promise.all(PARENTS.map((plan) => signParent(random, workshop, plan, made, now)));
  const rootText = [".", ...PARENTS.map((plan) => plan.apex)].flatMap((apex) =>
    apex === "." ? [`$TTL 3600`, ...apexLines(".", ADDRESSES.own)] : cutLines(apex, ADDRESSES.own),
  );
  for (const parent of parents) rootText.push(recordText(dsRecord(keyOf(parent, true).dnskey, 2)));
  const rootPlan: SigningPlan = { ...PARENTS[0]!, apex: "." };
  const root = await workshop.sign(`${rootText.join("\n")}\n`, rootPlan, now, (n) => random.int(0, n - 1));
  return {
    cases: made,
    served: [{ zone: root.zone }, ...parents.map((parent) => serveParent(parent, made)), ...made.flatMap(serveSite)],
    daemons: { knot: zonesFor(made, "knot"), bind: zonesFor(made, "bind") },
    anchor: `${recordText(dsRecord(keyOf(root, true).dnskey, 2))}\n`,
  };
}

const zonesFor = (cases: readonly Case[], server: "knot" | "bind") =>
  cases.filter(({ site }) => site.server === server).flatMap(({ site }) => [site.zone, ...site.children]);

function serveSite({ site }: Case): Served[] {
  // What Knot or BIND serve is not ours to serve, so that nobody is helped out by mistake.
  if (site.server !== "own") return [];
  const own = site.tamper ? { zone: site.zone, tamper: site.tamper } : { zone: site.zone };
  return [own, ...site.children.map((zone) => ({ zone }))];
}

function serveParent(parent: Signed, cases: readonly Case[]): Served {
  const tampers = cases.flatMap(({ site }) => (site.tamperParent ? [site.tamperParent] : []));
  return { zone: parent.zone, tamper: (draft, asked) => tampers.reduce((done, tamper) => tamper(done, asked), draft) };
}

async function signParent(random: Random, workshop: Workshop, plan: SigningPlan, cases: readonly Case[], now: number) {
  const mine = cases.filter(({ site }) => site.zone.apex.endsWith(`.${plan.apex}`));
  const lines = [`$TTL 3600`, ...apexLines(plan.apex, ADDRESSES.own)];
  for (const { site } of mine) {
    lines.push(...cutLines(site.zone.apex, ADDRESSES[site.server]), ...site.ds.map(recordText));
  }
  const parent = await workshop.sign(`${lines.join("\n")}\n`, plan, now, (n) => random.int(0, n - 1));
  for (const { site } of mine) site.onParent?.(parent);
  return parent;
}

function cutLines(apex: string, { v4, v6 }: ServerAddresses): string[] {
  return [`${apex} NS ns.${apex}`, `ns.${apex} A ${v4}`, `ns.${apex} AAAA ${v6}`];
}

function randomPlan(random: Random, apex: string): SigningPlan {
  const algorithm = random.pick([5, 7, 8, 8, 10, 13, 13, 13, 14, 15, 15, 16]);
  const kinds: Denial["kind"][] = algorithm === 5 ? ["nsec"] : ["nsec", "nsec3", "opt-out"];
  const kind = random.pick(kinds);
  const hashing = { iterations: random.pick([0, 0, 1, 10, 50]), salt: random.pick([0, 0, 4, 8]) };
  const denial: Denial = kind === "nsec" ? { kind, iterations: 0, salt: 0 } : { kind, ...hashing };
  return { apex, signer: random.pick(["bind", "knot"]), algorithm, denial, daysOff: 0 };
}

const MAX_DRAWS = 40;

interface Wanted {
  readonly fault: Fault | undefined;
  readonly apex: string;
  readonly id: number;
  readonly now: number;
  readonly ownOnly: boolean;
}

/** Draws zones until one fits the fault. */
async function makeCase(random: Random, workshop: Workshop, { fault, apex, id, now, ownOnly }: Wanted): Promise<Case> {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const chance = random.fork(`draw${draw}`);
    const drawn = randomPlan(chance, apex);
    const plan = fault?.plan ? fault.plan(drawn, chance) : drawn;
    const server = ownOnly || fault?.ownServer ? "own" : chance.pick(["own", "knot", "bind"] as const);
    const content = makeContent(chance, apex, ADDRESSES[server], true);
    const site = await makeSite(chance, workshop, plan, content, server, now);
    if (fault?.fits && !fault.fits(site)) continue;
    const effect = fault ? fault.apply(site, chance) : () => undefined;
    return { id: String(id), fault, site, effect };
  }
  throw new Error(`no zone drawn in ${MAX_DRAWS} fits ${fault?.label}`);
}

async function makeSite(
  random: Random,
  workshop: Workshop,
  plan: SigningPlan,
  content: Content,
  server: Site["server"],
  now: number,
): Promise<Site> {
  const pick = (n: number) => random.int(0, n - 1);
  const children: Zone[] = content.unsignedChildren.map((apex) =>
    Zone.fromText(apex, childText(apex, ADDRESSES[server])),
  );
  const childPlans: SigningPlan[] = [];
  let text = content.text;
  for (const apex of content.signedChildren) {
    const childPlan = randomPlan(random, apex);
    childPlans.push(childPlan);
    const child = await workshop.sign(childText(apex, ADDRESSES[server]), childPlan, now, pick);
    children.push(child.zone);
    text += `${recordText(dsRecord(keyOf(child, true).dnskey, random.pick([1, 2, 2, 4])))}\n`;
  }
  const signed = await workshop.sign(text, plan, now, pick);
  const honest = honestAnswers(signed.zone, content.questions);
  const ds = [dsRecord(keyOf(signed, true).dnskey, 2)];
  return { plan, content, zone: signed.zone, keys: signed.keys, honest, children, childPlans, now, ds, server };
}

/** What a validator must say: the fault's effect, else what the zone's own shape gives. */
export function expectedOf({ site, effect }: Case, question: Question): Expected {
  const changed = effect(question);
  if (changed) return changed;
  if (question.kind === "unsigned-child") return { security: "insecure" };
  if (question.kind === "signed-child") return inChild(site, question);
  return { security: optsOut(site, question) ? "insecure" : "secure" };
}

/** A name in the signed zone below: whole always, and under opt-out not to be denied for certain. */
function inChild({ children }: Site, { name, type }: Question): Expected {
  const zone = children.find((child) => isBelow(name, child.apex) && child.nsec3s().length > 0);
  if (!zone || zone.get(name, type)) return { security: "secure" };
  const [, cover] = encloserProof(zone, name);
  return { security: isOptOut(cover) ? "insecure" : "secure" };
}

const isOptOut = (nsec3: Rrset | undefined) => nsec3 !== undefined && (nsec3.records[0]!.rdata[1]! & 1) === 1;

/** Does the answer rest on an opt-out span over the next closer name (RFC 5155 §9.2)? */
function optsOut(site: Site, question: Question): boolean {
  const draft = site.honest.get(question);
  if (!draft || site.zone.nsec3s().length === 0) return false;
  const name = finalName(draft, question);
  if (question.kind === "positive" || question.kind === "alias") return false;
  if (matchOf(site.zone, name)) return false;
  const [, cover] = encloserProof(site.zone, name);
  return isOptOut(cover);
}

/** Where the alias chain of a response ends. */
function finalName(draft: Draft, question: Question): string {
  const last = draft.answer.at(-1)?.set;
  if (!last || last.type !== TYPE.CNAME || question.kind === "wildcard") return question.name;
  return Zone.targetOf(last);
}

export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, i: number) => Promise<R>,
): Promise<R[]> {
  const out = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) out[i] = await work(items[i]!, i);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return out;
}
