/**
 * SPF as a receiver would read it (RFC 7208), without a message: the record and all that it includes or redirects to, counted
 * against the limits. A walk over what is already known; it says what it still needs, so that a collector can fetch that. Pure.
 */
import { canonicalName } from "../name.ts";
import { parseIpv6 } from "../text/fields.ts";

/** What a question brought: TXT policies, or whether there is anything at all. */
export type SpfReply =
  | { readonly kind: "found"; readonly texts: readonly string[] }
  | { readonly kind: "void" }
  | { readonly kind: "failed" };
export type SpfQuestion = { readonly name: string; readonly type: "TXT" | "A" | "MX" };
export type SpfKnown = ReadonlyMap<string, SpfReply>;
export const spfKey = ({ name, type }: SpfQuestion): string => `${type} ${name}`;

/** What a record ends with: the qualifier of `all`, after redirects; `none` when it ends with nothing, which is neutral (§4.7). */
export type SpfEnd = "+" | "-" | "~" | "?" | "none";

export interface SpfWalk {
  /** Policies published at the domain itself. */
  readonly records: number;
  /** Why a receiver gives up with an error (§2.6.7), with the domain where it is. */
  readonly errors: readonly string[];
  /** Terms that make a receiver ask the DNS; ten are allowed (§4.6.4). */
  readonly lookups: number;
  /** Of these, such as bring nothing; two are allowed (§4.6.4). */
  readonly voids: number;
  readonly end: SpfEnd;
  /** Uses `ptr`, which should not be published (§5.5). */
  readonly usesPtr: boolean;
  readonly needs: readonly SpfQuestion[];
}

export const MAX_LOOKUPS = 10;
export const MAX_VOIDS = 2;
/** Beyond the limit the walk goes on for a little, so that the finding can say how far over it is. */
const MAX_WALK = 30;
const MAX_TERMS = 200;

export const isSpf = (text: string): boolean => /^v=spf1( |$)/i.test(text);

/** Walks a domain's policy over what is known. */
export function walkSpf(domain: string, known: SpfKnown): SpfWalk {
  const walker = new Walker(known);
  const end = walker.walk(domain, "domain", new Set());
  const { records, errors, lookups, voids, usesPtr, needs } = walker;
  return { records, errors, lookups, voids, end, usesPtr, needs };
}

interface Term {
  readonly qualifier: SpfEnd;
  /** Lower case. */
  readonly word: string;
  /** Behind the colon. */
  readonly argument: string | undefined;
  /** `/24`, `//64` or both. */
  readonly prefix: string;
}

function readTerm(term: string): Term | undefined {
  const [, qualifier, word, rest = ""] = /^([+\-~?]?)([a-z][a-z0-9]*)(.*)$/i.exec(term) ?? [];
  if (word === undefined || !(rest === "" || rest.startsWith(":") || rest.startsWith("/"))) return undefined;
  const prefix = /(?:\/\d{1,3})?(?:\/\/\d{1,3})?$/.exec(rest)![0];
  const argument = rest.startsWith(":") ? rest.slice(1, rest.length - prefix.length) : undefined;
  if (argument === "") return undefined;
  return { qualifier: (qualifier || "+") as SpfEnd, word: word.toLowerCase(), argument, prefix };
}

class Walker {
  records = 0;
  readonly errors: string[] = [];
  lookups = 0;
  voids = 0;
  usesPtr = false;
  readonly needs: SpfQuestion[] = [];
  private readonly known: SpfKnown;

  constructor(known: SpfKnown) {
    this.known = known;
  }

  walk(domain: string, why: "domain" | "include" | "redirect", above: ReadonlySet<string>): SpfEnd {
    if (above.has(domain)) return this.wrong(domain, "includes itself");
    const reply = this.ask({ name: domain, type: "TXT" });
    if (!reply || reply.kind === "failed") return "none";
    const policies = reply.kind === "found" ? reply.texts.filter(isSpf) : [];
    if (why === "domain") this.records = policies.length;
    if (policies.length > 1) return this.wrong(domain, "several records");
    const [policy] = policies;
    // Without a record at the domain itself there is no policy; named by another one, it is an error (§5.2, §6.1).
    if (policy === undefined) return why === "domain" ? "none" : this.wrong(domain, "named, and has no SPF record");
    return this.terms(domain, policy, new Set([...above, domain]));
  }

  private terms(domain: string, policy: string, above: ReadonlySet<string>): SpfEnd {
    const terms = policy
      .split(/ +/)
      .slice(1, MAX_TERMS)
      .filter((term) => term !== "");
    let redirect: string | undefined;
    for (const term of terms) {
      const [, name, value] = /^([a-z][a-z0-9_.-]*)=(.*)$/i.exec(term) ?? [];
      if (name !== undefined) {
        if (name.toLowerCase() === "redirect") redirect = value;
        continue;
      }
      const all = this.mechanism(domain, term, above);
      if (all) return all;
    }
    if (redirect === undefined) return "none";
    this.lookups++;
    const target = this.target(domain, redirect);
    return target === undefined ? "none" : this.walk(target, "redirect", above);
  }

  /** Gives the qualifier of `all`, which ends the record. */
  private mechanism(domain: string, text: string, above: ReadonlySet<string>): SpfEnd | undefined {
    const term = readTerm(text);
    switch (term?.word) {
      case "all":
        return term.qualifier;
      case "ip4":
      case "ip6":
        if (isNetwork(term)) return undefined;
        break;
      case "ptr":
        this.usesPtr = true;
        this.lookups++;
        return undefined;
      case "include":
        if (term.argument === undefined) break;
        this.include(domain, term.argument, above);
        return undefined;
      case "a":
      case "mx":
      case "exists": {
        this.lookups++;
        const target = this.target(domain, term.argument ?? domain);
        if (target !== undefined) this.ask({ name: target, type: term.word === "mx" ? "MX" : "A" });
        return undefined;
      }
    }
    this.wrong(domain, `cannot be read: ${text.slice(0, 80)}`);
    return undefined;
  }

  private include(domain: string, argument: string, above: ReadonlySet<string>): void {
    this.lookups++;
    const target = this.target(domain, argument);
    if (target !== undefined && this.lookups <= MAX_WALK) this.walk(target, "include", above);
  }

  /** A domain in a term; undefined when it has macros, whose value only a message knows, or is no name. */
  private target(domain: string, text: string): string | undefined {
    if (text.includes("%")) return undefined;
    try {
      return canonicalName(text);
    } catch {
      this.wrong(domain, `no domain: ${text.slice(0, 80)}`);
      return undefined;
    }
  }

  private ask(question: SpfQuestion): SpfReply | undefined {
    const reply = this.known.get(spfKey(question));
    if (!reply) this.needs.push(question);
    // The domain's own record is not counted as a lookup, nor as a void one (§4.6.4).
    else if (reply.kind === "void" && this.lookups > 0) this.voids++;
    return reply;
  }

  private wrong(domain: string, what: string): "none" {
    if (this.errors.length < 16) this.errors.push(`${domain}: ${what}`);
    return "none";
  }
}

function isNetwork({ word, argument, prefix }: Term): boolean {
  if (argument === undefined || prefix.includes("//")) return false;
  const bits = prefix === "" ? 0 : Number(prefix.slice(1));
  if (word === "ip6") return parseIpv6(argument) !== undefined && bits <= 128;
  const octets = argument.split(".");
  return octets.length === 4 && octets.every((one) => /^\d{1,3}$/.test(one) && Number(one) <= 255) && bits <= 32;
}
