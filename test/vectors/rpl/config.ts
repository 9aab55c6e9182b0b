/**
 * A scenario's configuration: what our resolver and the front take from it. Each option is used, or stands in a list of
 * those that cannot change an answer here (with the values for which that is so), or skips the scenario by its name.
 */

import { ROOT_HINTS } from "../../../agent/wire/dns/hints.ts";
import { canonicalName, TYPE } from "../../../agent/wire/dns/index.ts";
import type { NameServer, ResolverConfig, Route } from "../../../agent/wire/dns/resolver/machine.ts";
import { parseTime } from "../../../agent/wire/dns/text/fields.ts";
import { readAnchors } from "../../../agent/wire/dns/validator/anchors.ts";
import type { Dialect } from "./match.ts";
import { supportsRetired, verifyRetired } from "./retired.ts";
import { type Option, Skip } from "./syntax.ts";

export interface Settings {
  readonly dialect: Dialect;
  readonly resolver: ResolverConfig;
  /** Unix seconds at which the scenario begins. */
  readonly startSeconds: number;
  readonly validates: boolean;
  readonly minimalResponses: boolean;
  readonly ede: boolean;
  readonly ignoreCd: boolean;
  readonly permissive: boolean;
  readonly keySentinel: boolean;
}

/** Options without a say in what an answer holds: any value, or the values named. */
const INDIFFERENT: Readonly<Record<string, readonly string[] | "any">> = {
  // how hard Unbound works, logs, listens
  "target-fetch-policy": "any",
  verbosity: "any",
  "access-control": "any",
  "log-queries": "any",
  "log-servfail": "any",
  "val-log-level": "any",
  "num-threads": "any",
  "msg-cache-size": "any",
  "rrset-cache-size": "any",
  "outbound-msg-retry": "any",
  "rrset-roundrobin": "any",
  "trust-anchor-signaling": "any",
  "use-caps-for-id": ["no"],
  "edns-buffer-size": "any",
  "max-udp-size": "any",
  "log-time-ascii": "any",
  "discard-timeout": "any",
  "log-local-actions": "any",
  "extended-statistics": "any",
  "control-enable": ["no"],
  // stand-ins for cryptography that Unbound was built without: here signatures are verified
  "fake-sha1": "any",
  "fake-dsa": "any",
  // what our resolver always does, or never does
  // Deckard's `off` says nothing to Knot Resolver, for which its files are.
  "harden-glue": ["yes", "true", "off"],
  directory: "any",
  "harden-unverified-glue": "any",
  "harden-dnssec-stripped": ["yes", "true"],
  "harden-referral-path": ["no"],
  "harden-below-nxdomain": ["no"],
  "harden-unknown-additional": "any",
  "qname-minimisation-strict": ["no"],
  "aggressive-nsec": ["no"],
  prefetch: ["no"],
  "prefetch-key": ["no"],
  "serve-expired": ["no"],
  "do-not-query-localhost": "any",
  "val-clean-additional": ["yes"],
  "iter-scrub-promiscuous": ["no"],
  "stub-name": "any",
  "stub-prime": "any",
  "stub-no-cache": ["no"],
  "stub-first": ["no"],
  "forward-first": ["no"],
  "forward-no-cache": ["no"],
};

const yes = (value: string) => /^(yes|true|on|1)$/i.test(value);

/** Throws Skip for an option or a value that would have to be honoured and is not. */
export function readSettings(options: readonly Option[]): Settings {
  const dialect: Dialect = options.some((option) => option.clause !== "") ? "unbound" : "deckard";
  const used = new Reader(options);
  const date = used.one("val-override-date");
  const timestamp = used.one("val-override-timestamp");
  const overridden = timestamp === undefined ? dateSeconds(date) : Number(timestamp);
  const modules = (used.one("module-config") ?? "validator iterator").split(/\s+/);
  const unknown = modules.filter((name) => name !== "validator" && name !== "iterator");
  if (unknown.length > 0) throw new Skip(`module-config ${unknown.join(" ")}`);
  // Unbound without this option takes any digest and any algorithm; with it, the strongest digest and all algorithms.
  const hardened = dialect === "deckard" ? undefined : yes(used.one("harden-algo-downgrade") ?? "no") ? "yes" : "no";
  const routes = readRoutes(used, dialect);
  // Unbound takes a stub for the root as its hints, and primes from them.
  const root = dialect === "unbound" ? routes.find((route) => route.zone === "." && route.kind === "stub") : undefined;
  const resolver: ResolverConfig = {
    hints: root?.servers ?? ROOT_HINTS,
    routes: routes.filter((route) => route !== root),
    prime: root !== undefined,
    cutChains: dialect === "unbound",
    anchors: readAnchors(used.all("trust-anchor").join("\n"), used.all("domain-insecure")),
    ipv4: yes(used.one("do-ip4") ?? "yes"),
    ipv6: yes(used.one("do-ip6") ?? "yes"),
    maxNsec3Iterations: iterationLimit(used.one("val-nsec3-keysize-iterations")),
    acceptWeakDigests: hardened === "no",
    requireAllAlgorithms: hardened === "yes",
    ...minimisation(used, dialect),
    forwardCheckingDisabled: true,
    ...(dialect === "unbound" && overridden !== undefined ? { validationTime: overridden } : {}),
    verifyOther: verifyRetired,
    supportsOther: supportsRetired,
  };
  const settings: Settings = {
    dialect,
    resolver,
    startSeconds: dialect === "deckard" ? (overridden ?? 0) : 0,
    validates: modules.includes("validator"),
    minimalResponses: yes(used.one("minimal-responses") ?? "yes"),
    ede: yes(used.one("ede") ?? "no"),
    ignoreCd: yes(used.one("ignore-cd-flag") ?? "no"),
    permissive: yes(used.one("val-permissive-mode") ?? "no"),
    keySentinel: yes(used.one("root-key-sentinel") ?? "yes"),
  };
  used.refuseTheRest();
  return settings;
}

/** On by default, but that Deckard's files say nothing where they do not care. Unbound hides the type as well. */
function minimisation(used: Reader, dialect: Dialect): Pick<ResolverConfig, "minimise"> {
  const given = used.one(dialect === "deckard" ? "query-minimization" : "qname-minimisation");
  if (!yes(given ?? "yes")) return {};
  if (dialect === "unbound") return { minimise: { type: TYPE.A, whole: true } };
  return { minimise: { type: given === undefined ? TYPE.A : TYPE.NS, whole: false } };
}

/** Deckard's `YYYYMMDDHHMMSS`; Unbound also takes seconds, and 0 or empty for "not overridden". */
function dateSeconds(text: string | undefined): number | undefined {
  if (text === undefined || text === "" || text === "0") return undefined;
  if (text.startsWith("-")) throw new Skip("val-override-date negative: dates ignored");
  return parseTime(text);
}

function iterationLimit(text: string | undefined): number {
  if (text === undefined) return 150;
  const limits = text
    .split(/\s+/)
    .filter((_, i) => i % 2 === 1)
    .map(Number);
  return Math.max(...limits);
}

function readRoutes(used: Reader, dialect: Dialect): Route[] {
  if (dialect === "deckard") {
    const forward = used.all("forward-addr");
    const stub = used.all("stub-addr");
    // Without either, the resolver begins at the root's own servers.
    if (forward.length + stub.length === 0) return [];
    const kind = forward.length > 0 ? "forward" : "stub";
    return [{ zone: ".", kind, servers: servers(kind === "forward" ? forward : stub) }];
  }
  return used.clauses(["stub-zone", "forward-zone"]).map((clause) => {
    const kind = clause.clause === "forward-zone" ? "forward" : "stub";
    const prefix = kind === "forward" ? "forward" : "stub";
    const addresses = clause.take(`${prefix}-addr`);
    const hosts = clause.take(`${prefix}-host`);
    const zone = canonicalName(clause.take("name")[0] ?? ".");
    const named: NameServer[] = hosts.map((name) => ({ name: canonicalName(name), addresses: [] }));
    return { zone, kind, servers: [...servers(addresses), ...named] };
  });
}

/** Each address as a server of its own; a port or a TLS name after `@` or `#` is dropped. */
function servers(addresses: readonly string[]): NameServer[] {
  return addresses.map((text, i) => ({ name: `route-${i}.invalid.`, addresses: [text.replace(/[@#].*$/, "")] }));
}

/** Gives options out and remembers which were taken. */
class Reader {
  private readonly options: readonly Option[];
  private readonly taken = new Set<Option>();

  constructor(options: readonly Option[]) {
    this.options = options;
  }

  all(key: string, among: (option: Option) => boolean = () => true): string[] {
    const found = this.options.filter((option) => option.key === key && among(option));
    for (const option of found) this.taken.add(option);
    return found.map((option) => option.value);
  }

  /** The last one given: as in Unbound, a later line overrides. */
  one(key: string): string | undefined {
    return this.all(key).at(-1);
  }

  clauses(kinds: readonly string[]) {
    const indexes = new Map(
      this.options
        .filter((option) => kinds.includes(option.clause))
        .map((option) => [option.clauseIndex, option.clause]),
    );
    return [...indexes].map(([index, clause]) => ({
      clause,
      take: (key: string) => this.all(key, (option) => option.clauseIndex === index),
    }));
  }

  refuseTheRest(): void {
    for (const option of this.options) {
      if (this.taken.has(option)) continue;
      const allowed = INDIFFERENT[option.key];
      if (allowed === "any" || allowed?.includes(option.value.toLowerCase())) continue;
      throw new Skip(allowed ? `option ${option.key}: ${option.value}` : `option ${option.key}`);
    }
  }
}
