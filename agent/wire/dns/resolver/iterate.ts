/**
 * One question to the authorities: from the deepest delegation known down to the servers that answer, or through a
 * forwarder where a route says so. Follows referrals, not aliases. Pure: a step of the machine.
 */
import type { ResourceRecord } from "../message.ts";
import { countLabels, isBelow, isWithin, lastLabels, nameFromWire } from "../name.ts";
import { formatIpv6 } from "../text/fields.ts";
import { RCODE, TYPE } from "../types.ts";
import type { Delegation } from "./cache.ts";
import {
  aged,
  classify,
  type Question,
  type Referral,
  type Response,
  type SignedRrset,
  signedRrsets,
} from "./classify.ts";
import { ask, type NameServer, type ReplyFailure, type Route, type Run, type Step } from "./machine.ts";

const MAX_REFERRALS = 30;
const MAX_DEPTH = 6;
/** Names of more labels than this are asked for whole (RFC 9156 §2.3). */
const MAX_MINIMISED = 10;
const MAX_TTL = 86_400;
/** Negative answers without an SOA, and failures, are remembered this long. */
const SHORT_TTL = 5;
const DISTRUSTED_TTL = 60;
/** Questions in a row, each with the world's own retries, after which a server is held for dead. */
const MAX_SILENT = 2;

/** Why no response came. `failures` says it for each server asked. */
export interface NoResponse {
  readonly kind: "no-response";
  readonly zone: string;
  readonly why: "no-servers" | "all-failed" | "too-many-referrals" | "budget";
  readonly failures: readonly { readonly server: string; readonly failure: ReplyFailure | "lame" }[];
}

interface Place {
  readonly zone: string;
  readonly servers: readonly NameServer[];
  readonly recursive: boolean;
}

/** The response of an authority (or forwarder) to a question, from the cache while it lasts. */
export function* iterate(run: Run, question: Question, depth = 0): Step<Response | NoResponse> {
  const key = keyOf(question);
  const cached = run.cache.responses.get(key, run.nowSeconds);
  if (cached && !run.avoid.has(`${cached.value.server} ${key}`)) return aged(cached.value, cached.ageSeconds);
  const referred = dsOfReferral(run, question);
  if (referred) return referred;
  let place = yield* primed(run, startingPlace(run, question));
  for (let hop = 0; hop < MAX_REFERRALS; hop++) {
    const sooner: Place | undefined = yield* minimised(run, place, question, depth);
    if (sooner) {
      place = sooner;
      continue;
    }
    const result: Response | Referral | NoResponse = yield* askPlace(run, place, question, depth);
    if (result.kind === "no-response") return result;
    if (result.kind !== "referral") {
      run.cache.responses.set(key, result, responseTtl(result), run.nowSeconds);
      return result;
    }
    place = follow(run, place, result);
  }
  return { kind: "no-response", zone: place.zone, why: "too-many-referrals", failures: [] };
}

/** The root's servers as they name themselves (RFC 8109), once in their TTL; the hints, where nobody tells. */
function* primed(run: Run, place: Place): Step<Place> {
  if (!run.config.prime || place.zone !== "." || place.servers !== run.config.hints) return place;
  const result: Response | Referral | NoResponse = yield* askPlace(run, place, { name: ".", type: TYPE.NS }, MAX_DEPTH);
  if (result.kind !== "answer") return place;
  const [ns] = result.answer;
  const glue = result.additional.flatMap((set) => set.records);
  if (!glue.some((record) => addressText(record) !== undefined)) return place;
  return follow(run, place, { kind: "referral", zone: ".", ns: ns!, proof: [], glue });
}

/** DS records that came with the referral to the zone are the parent's answer to that question. */
function dsOfReferral(run: Run, question: Question): Response | undefined {
  if (question.type !== TYPE.DS) return undefined;
  const known = run.cache.delegations.get(question.name, run.nowSeconds);
  const ds = known && signedRrsets(known.value.proof).find((set) => set.type === TYPE.DS && set.name === question.name);
  if (!ds || ds.ttl <= known.ageSeconds || run.avoid.has(`${REFERRAL} ${keyOf(question)}`)) return undefined;
  const empty = { authority: [], additional: [] };
  const base = { question, rcode: RCODE.NOERROR, zone: known.value.parent, server: REFERRAL, authoritative: false };
  return aged({ ...base, kind: "answer", answer: [ds], ...empty, cached: true, ageSeconds: 0 }, known.ageSeconds);
}

/** In place of a server's address: it came with a referral. */
const REFERRAL = "referral";

const keyOf = (question: Question) => `${question.type}/${question.name}`;

/** How often a response that does not hold is asked of the zone's other servers before it is taken for the zone's own fault. */
const RETRIES = 3;

/** Asks, judges, and asks other servers while the judgement is not good; gives the first judgement when none is. */
export function* askUntil<T>(
  run: Run,
  question: Question,
  judge: (response: Response | NoResponse) => T,
  good: (judgement: T) => boolean,
): Step<T> {
  const first = yield* iterate(run, question);
  const judgement = judge(first);
  let response = first;
  for (let retry = 0; retry < RETRIES && response.kind !== "no-response" && !good(judgement); retry++) {
    run.avoid.add(`${response.server} ${keyOf(question)}`);
    response = yield* iterate(run, question);
    if (response.kind === "no-response") break;
    const again = judge(response);
    if (good(again)) return again;
  }
  if (!good(judgement)) distrust(run, first);
  return judgement;
}

/** What did not hold is kept for a moment only, that no server be asked in a storm (RFC 4035 §4.7). */
export function distrust(run: Run, response: Response | NoResponse): void {
  if (response.kind === "no-response") return;
  const ttl = Math.min(DISTRUSTED_TTL, responseTtl(response));
  run.cache.responses.set(keyOf(response.question), response, ttl, run.nowSeconds);
}

/** Where to begin: a route, unless a delegation below it is known; else the deepest delegation; else the root. */
function startingPlace(run: Run, { name, type }: Question): Place {
  const { config } = run;
  const above = (zone: string) => (type === TYPE.DS && name !== "." ? isBelow(name, zone) : isWithin(name, zone));
  const route = config.routes
    .filter((candidate) => above(candidate.zone))
    .reduce<Route | undefined>((best, next) => (best && isWithin(best.zone, next.zone) ? best : next), undefined);
  const known = run.cache.closestDelegation(name, type, run.nowSeconds);
  if (route && (route.kind === "forward" || !known || !isBelow(known.zone, route.zone))) {
    return { zone: route.zone, servers: route.servers, recursive: route.kind === "forward" };
  }
  if (known) return { zone: known.zone, servers: known.servers, recursive: false };
  return { zone: ".", servers: config.hints, recursive: false };
}

/** Asks for the names between zone and question, one label more each, until a referral shows; undefined when none does. */
function* minimised(run: Run, place: Place, question: Question, depth: number): Step<Place | undefined> {
  const { minimise } = run.config;
  if (!minimise || place.recursive) return undefined;
  const whole = minimise.whole && question.type !== minimise.type && question.type !== TYPE.DS;
  const longest = Math.min(countLabels(question.name) - (whole ? 0 : 1), MAX_MINIMISED - 1);
  for (let keep = countLabels(place.zone) + 1; keep <= longest; keep++) {
    const name = lastLabels(question.name, keep);
    const result = yield* askPlace(run, place, { name, type: minimise.type }, depth);
    if (result.kind === "referral") return follow(run, place, result);
    // Whatever is odd here is told by the full question.
    if (result.kind !== "nodata" && result.kind !== "answer") return undefined;
  }
  return undefined;
}

function glueOf({ glue }: Referral): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const record of glue) {
    const text = addressText(record);
    if (text) out.set(record.name, [...(out.get(record.name) ?? []), text]);
  }
  return out;
}

function follow(run: Run, from: Place, found: Referral): Place {
  const glue = glueOf(found);
  const names = [...new Set(found.ns.records.map((record) => nameFromWire(record.rdata)))];
  const servers = names.map((name) => ({ name, addresses: glue.get(name) ?? [] }));
  const delegation: Delegation = { zone: found.zone, parent: from.zone, servers, proof: found.proof };
  run.cache.delegations.set(found.zone, delegation, Math.min(found.ns.ttl, MAX_TTL), run.nowSeconds);
  return { zone: found.zone, servers, recursive: false };
}

/** Asks the servers of a place one after the other until one answers for it. */
function* askPlace(run: Run, place: Place, question: Question, depth: number): Step<Response | Referral | NoResponse> {
  const failures: { server: string; failure: ReplyFailure | "lame" }[] = [];
  let fallback: Response | undefined;
  const key = keyOf(question);
  for (const known of [true, false]) {
    for (const ns of place.servers) {
      const direct = usable(run, ns.addresses);
      if (known ? direct.length === 0 : direct.length > 0) continue;
      const addresses = known ? direct : yield* lookUpServer(run, place, ns.name, depth);
      for (const server of addresses) {
        if (run.avoid.has(`${server} ${key}`) || failures.some((failed) => failed.server === server)) continue;
        const result = yield* askServer(run, place, question, server);
        if (typeof result !== "string") {
          if (result.kind === "referral" || !result.secondHand) return result;
          fallback ??= result;
        }
        failures.push({ server, failure: typeof result === "string" ? result : "lame" });
        if (run.budget.exhausted === "queries") {
          return { kind: "no-response", zone: place.zone, why: "budget", failures };
        }
      }
    }
  }
  if (fallback) return fallback;
  const why = failures.length === 0 ? "no-servers" : "all-failed";
  return { kind: "no-response", zone: place.zone, why, failures };
}

function* askServer(
  run: Run,
  place: Place,
  question: Question,
  server: string,
): Step<Response | Referral | ReplyFailure | "lame"> {
  const { silent } = run.cache;
  if (run.config.leaveSilent && (silent.get(server) ?? 0) >= MAX_SILENT) return "timeout";
  const reply = yield* ask(run, {
    server,
    ...question,
    recursionDesired: place.recursive,
    checkingDisabled: place.recursive && run.config.forwardCheckingDisabled,
    zone: place.zone,
  });
  if ("failure" in reply) {
    if (reply.failure === "timeout") silent.set(server, (silent.get(server) ?? 0) + 1);
    return reply.failure;
  }
  silent.delete(server);
  const { zone, recursive } = place;
  const result = classify(reply.message, question, {
    zone,
    server,
    recursive,
    cutChains: run.config.cutChains ?? false,
  });
  return result.kind === "lame" ? "lame" : result;
}

/** Addresses of a name server whose delegation brought none. Its own zone cannot tell them, but the zone above may. */
function* lookUpServer(run: Run, place: Place, name: string, depth: number): Step<readonly string[]> {
  if (depth >= MAX_DEPTH) return [];
  const inside = place.zone !== "." && isWithin(name, place.zone);
  const above = inside ? parentOf(run, place) : undefined;
  if (inside && !above) return [];
  const out: string[] = [];
  for (const type of [TYPE.A, TYPE.AAAA]) {
    if (type === TYPE.A ? !run.config.ipv4 : !run.config.ipv6) continue;
    const question = { name, type };
    const result: Response | Referral | NoResponse = above
      ? yield* askPlace(run, above, question, depth + 1)
      : yield* iterate(run, question, depth + 1);
    if (result.kind === "answer") out.push(...addressesIn(result.answer));
    // Against RFC 2181 §10.3, and resolved all the same by those who look a name up.
    if (result.kind === "alias") out.push(...(yield* lookUpServer(run, place, result.target, depth + 1)));
    if (result.kind === "referral") out.push(...usable(run, glueOf(result).get(name) ?? []));
  }
  // What its own zone says first; where nobody answers there, the parent may still know better.
  return [...new Set([...out, ...knownGlue(run, name)])];
}

/** The servers of the zone above, as far as the delegation says which it is. */
function parentOf(run: Run, { zone }: Place): Place | undefined {
  const parent = run.cache.delegations.get(zone, run.nowSeconds)?.value.parent;
  const known = parent === undefined ? undefined : run.cache.delegations.get(parent, run.nowSeconds)?.value;
  if (known) return { zone: known.zone, servers: known.servers, recursive: false };
  return parent === "." ? { zone: ".", servers: run.config.hints, recursive: false } : undefined;
}

/** What a parent's glue says of a server. */
function knownGlue(run: Run, name: string): readonly string[] {
  const delegation = run.cache.closestDelegation(name, TYPE.DS, run.nowSeconds);
  return usable(run, delegation?.servers.find((server) => server.name === name)?.addresses ?? []);
}

function addressesIn(sets: readonly SignedRrset[]): string[] {
  return sets.flatMap((set) => set.records.map(addressText)).filter((text) => text !== undefined);
}

function usable(run: Run, addresses: readonly string[]): string[] {
  return addresses.filter((address) => (address.includes(":") ? run.config.ipv6 : run.config.ipv4));
}

/** The address of an A or AAAA record; undefined when its RDATA is none. */
export function addressText(record: ResourceRecord): string | undefined {
  if (record.type === TYPE.A && record.rdata.length === 4) return record.rdata.join(".");
  if (record.type === TYPE.AAAA && record.rdata.length === 16) return formatIpv6(record.rdata);
  return undefined;
}

/** How long a response may be kept: the smallest TTL; of a negative one, the SOA's (RFC 2308 §5). */
function responseTtl(response: Response): number {
  const sets = [...response.answer, ...response.authority];
  const smallest = sets.reduce((min, set) => Math.min(min, set.ttl), MAX_TTL);
  if (response.kind === "answer" || response.kind === "alias") return smallest;
  const soa = response.authority.find((set) => set.type === TYPE.SOA)?.records[0];
  if (!soa) return SHORT_TTL;
  const { rdata } = soa;
  const minimum = new DataView(rdata.buffer, rdata.byteOffset, rdata.length).getUint32(rdata.length - 4);
  return Math.min(smallest, minimum);
}
