/**
 * What the domains of a zone that take mail publish: MX and its hosts, SPF with all that it names, DMARC at the domain or above it,
 * TLSA of port 25. Through the resolver, so that what lies in other zones is seen and judged too. Steps of the machine; bounded.
 */
import { ancestor, countLabels, isName, nameFromWire, prepend } from "../name.ts";
import { type Resolution, resolve } from "../resolve.ts";
import { addressText } from "../resolver/iterate.ts";
import type { Run, Step } from "../resolver/machine.ts";
import { TYPE } from "../types.ts";
import type { AuditPlan } from "./seen.ts";
import { type SpfQuestion, type SpfReply, spfKey, walkSpf } from "./spf.ts";

const MAX_DOMAINS = 8;
const MAX_HOSTS = 10;
const MAX_SPF_QUESTIONS = 40;

export interface MailHost {
  /** Canonical text. */
  readonly name: string;
  readonly preference: number;
  readonly alias: boolean;
  readonly addresses: readonly string[];
  /** Nobody could be asked for its addresses. */
  readonly failed: boolean;
  /** Its addresses are not protected: what is bogus is another matter, and told where it is. */
  readonly insecure: boolean;
  /** RDATA at `_25._tcp`. */
  readonly tlsa: readonly Uint8Array[];
  readonly tlsaSecure: boolean;
}

export interface MailSeen {
  readonly domain: string;
  readonly mxSecure: boolean;
  /** Preference and target, as published. A root target says that there is no mail here (RFC 7505). */
  readonly mx: readonly { readonly preference: number; readonly target: string }[];
  readonly hosts: readonly MailHost[];
  readonly spf: ReadonlyMap<string, SpfReply>;
  /** DMARC records at the domain, else at the closest name above it that has one. */
  readonly dmarc: { readonly at: string; readonly texts: readonly string[] } | undefined;
}

/** The apex, and every name of the plan that has an MX of its own. */
export function mailDomains({ zone, names }: AuditPlan): string[] {
  const below = names.filter(({ type }) => type === TYPE.MX).map(({ name }) => name);
  return [...new Set([zone, ...below])].slice(0, MAX_DOMAINS);
}

/** undefined when the domain has nothing to do with mail, or could not be asked. */
export function* collectMail(run: Run, domain: string, plan: AuditPlan): Step<MailSeen | undefined> {
  const found = yield* resolve(run, domain, TYPE.MX);
  if (found.failure) return undefined;
  const mx = recordsOf(found, TYPE.MX).flatMap(readMx);
  const expected = domain === plan.zone && plan.expects?.mail === true;
  if (mx.length === 0 && !expected) return undefined;
  const hosts: MailHost[] = [];
  for (const one of mx.filter(({ target }) => target !== ".").slice(0, MAX_HOSTS)) hosts.push(yield* hostOf(run, one));
  const spf = yield* collectSpf(run, domain);
  const dmarc = yield* collectDmarc(run, domain);
  return { domain, mxSecure: found.verdict.security === "secure", mx, hosts, spf, dmarc };
}

const recordsOf = (found: Resolution, type: number) =>
  found.answer.flatMap((set) => set.records).filter((record) => record.type === type);

function readMx({ rdata }: { rdata: Uint8Array }): { preference: number; target: string }[] {
  if (rdata.length < 3) return [];
  return [{ preference: (rdata[0]! << 8) | rdata[1]!, target: nameFromWire(rdata.subarray(2)) }];
}

function* hostOf(run: Run, { preference, target }: { preference: number; target: string }): Step<MailHost> {
  const found: Resolution[] = [];
  for (const type of [TYPE.A, TYPE.AAAA]) found.push(yield* resolve(run, target, type));
  const service = `_25._tcp.${target}`;
  const tlsa = isName(service) ? yield* resolve(run, service, TYPE.TLSA) : undefined;
  const records = found.flatMap(({ answer }) => answer.flatMap((set) => set.records));
  return {
    name: target,
    preference,
    alias: records.some((record) => record.type === TYPE.CNAME && record.name === target),
    addresses: records.map(addressText).filter((address) => address !== undefined),
    failed: found.every(({ failure }) => failure !== undefined),
    insecure: found.some(({ verdict }) => verdict.security === "insecure"),
    tlsa: tlsa ? recordsOf(tlsa, TYPE.TLSA).map(({ rdata }) => rdata) : [],
    tlsaSecure: tlsa?.verdict.security === "secure",
  };
}

/** Fetches what the walk over the policy still needs, until it needs nothing more. */
function* collectSpf(run: Run, domain: string): Step<ReadonlyMap<string, SpfReply>> {
  const known = new Map<string, SpfReply>();
  for (;;) {
    const needs = walkSpf(domain, known).needs.slice(0, MAX_SPF_QUESTIONS - known.size);
    if (needs.length === 0) return known;
    for (const question of needs) known.set(spfKey(question), yield* spfReply(run, question));
  }
}

function* spfReply(run: Run, { name, type }: SpfQuestion): Step<SpfReply> {
  const found = yield* resolve(run, name, TYPE[type], { validate: false });
  if (found.failure) return { kind: "failed" };
  const records = recordsOf(found, TYPE[type]);
  if (records.length > 0)
    return { kind: "found", texts: type === "TXT" ? records.map(({ rdata }) => textOf(rdata)) : [] };
  if (type !== "A") return { kind: "void" };
  // A host may have IPv6 only: its lookup is of whichever family the sender uses (RFC 7208 §5).
  const six = yield* resolve(run, name, TYPE.AAAA, { validate: false });
  if (six.failure) return { kind: "failed" };
  return recordsOf(six, TYPE.AAAA).length > 0 ? { kind: "found", texts: [] } : { kind: "void" };
}

/** From the domain upwards to two labels: what governs it stands at the first name that has one (RFC 7489 §6.6.3). */
function* collectDmarc(run: Run, domain: string): Step<MailSeen["dmarc"]> {
  for (let at = domain; at === domain || countLabels(at) >= 2; at = ancestor(at)) {
    const owner = prepend("_dmarc", at);
    if (!isName(owner)) continue;
    const found = yield* resolve(run, owner, TYPE.TXT, { validate: false });
    if (found.failure) return undefined;
    const texts = recordsOf(found, TYPE.TXT)
      .map(({ rdata }) => textOf(rdata))
      .filter((text) => /^v=DMARC1/i.test(text));
    if (texts.length > 0) return { at, texts };
    if (at === ".") break;
  }
  return { at: domain, texts: [] };
}

/** Strings of a TXT record, joined without blanks (RFC 7208 §3.3). */
function textOf(rdata: Uint8Array): string {
  let text = "";
  for (let at = 0; at < rdata.length; at += 1 + rdata[at]!)
    text += Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString("latin1");
  return text;
}
