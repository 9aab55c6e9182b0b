/**
 * Collects a zone: the chain and the parent in one step, each server in a step of its own, so that a world may run servers side
 * by side. Each server is asked each thing once, over UDP with EDNS unless the probe says otherwise; names also over a TCP connection that they
 * share. Steps of the machine.
 */
import type { Message } from "../message.ts";
import { ancestor, isWithin, nameFromWire, prepend } from "../name.ts";
import { type Resolution, resolve } from "../resolve.ts";
import { addressText, iterate } from "../resolver/iterate.ts";
import { ask, askOnce, type NameServer, type OutQuery, type Run, type Step } from "../resolver/machine.ts";
import { TYPE } from "../types.ts";
import {
  type AuditPlan,
  answerOf,
  CONTENT,
  type Probe,
  type Reply,
  type RrsetName,
  type ServerAddress,
  type ServerHost,
  type ServerSeen,
} from "./seen.ts";

/** Who serves the zone. */
export interface ServersCollected {
  /** The zone's servers as the delegation and the zone itself name them, each address once. */
  readonly named: readonly ServerAddress[];
  /** What the names of its servers lead to. */
  readonly hosts: readonly ServerHost[];
  /** Those of them that can be asked from here. */
  readonly servers: readonly ServerAddress[];
}

/** The chain of trust to the zone, and the names and addresses that have to be asked next, each in a step of its own. */
export interface ChainCollected {
  readonly chain: Resolution;
  readonly ds: Resolution;
  /** undefined when the parent cannot be asked from here. */
  readonly parent: { readonly zone: string; readonly servers: readonly ServerAddress[] } | undefined;
  /** Name servers of the delegation with their glue, and those that the zone itself names. */
  readonly delegated: readonly ServerAddress[];
  readonly hostNames: readonly string[];
}

export function* collectChain(run: Run, zone: string): Step<ChainCollected> {
  const chain = yield* resolve(run, zone, TYPE.SOA);
  const ds = yield* resolve(run, zone, TYPE.DS);
  const delegation = run.cache.delegations.get(zone, run.nowSeconds)?.value;
  const own = yield* iterate(run, { name: zone, type: TYPE.NS });
  const records = own.kind === "answer" ? own.answer.flatMap((set) => set.records) : [];
  const names = records.filter((r) => r.type === TYPE.NS).map((r) => nameFromWire(r.rdata));
  const delegated = delegation?.servers ?? [];
  return {
    chain,
    ds,
    parent: delegation && { zone: delegation.parent, servers: parentServers(run, delegation.parent) },
    delegated: addressesOf(delegated),
    hostNames: [...new Set([...delegated.map((one) => one.name), ...names])],
  };
}

/** What one of the parent's servers says of the zone: of its keys (DS) or of its servers (NS). */
export function* collectAtParent(run: Run, zone: string, { address }: ServerAddress, type: number): Step<Reply> {
  const flags = { recursionDesired: false, checkingDisabled: false };
  return replyOf(yield* ask(run, { server: address, name: zone, zone: ancestor(zone), type, ...flags }));
}

/** All that was learnt of who serves the zone, put together: each address of each name once. */
export function serversOf(run: Run, { delegated }: ChainCollected, hosts: readonly ServerHost[]): ServersCollected {
  const found = new Map<string, ServerAddress>();
  const led = hosts.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })));
  for (const server of [...delegated, ...led]) found.set(`${server.name} ${server.address}`, server);
  const named = [...found.values()];
  return { named, hosts, servers: named.filter((server) => canReach(run, server.address)) };
}

/** The zone's servers as far as its delegation brought addresses that can be asked from here. */
export const delegatedServers = (run: Run, zone: string): ServerAddress[] =>
  addressesOf(run.cache.delegations.get(zone, run.nowSeconds)?.value.servers ?? []).filter(({ address }) =>
    canReach(run, address),
  );

export const canReach = ({ config }: Run, address: string): boolean =>
  address.includes(":") ? config.ipv6 : config.ipv4;

/** Servers of a zone as far as a run knows them, those only that can be asked from here. */
export function parentServers(run: Run, zone: string): ServerAddress[] {
  const known = run.cache.delegations.get(zone, run.nowSeconds)?.value.servers;
  const route = run.config.routes.find((one) => one.zone === zone && one.kind === "stub")?.servers;
  const all = addressesOf(known ?? route ?? (zone === "." ? run.config.hints : []));
  return all.filter((server) => canReach(run, server.address));
}

const addressesOf = (servers: readonly NameServer[]): ServerAddress[] =>
  servers.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })));

/** What a host's name leads to, in both families. */
export function* hostOf(run: Run, name: string): Step<ServerHost> {
  const addresses: string[] = [];
  let [failed, alias] = [false, false];
  for (const type of [TYPE.A, TYPE.AAAA]) {
    const result = yield* iterate(run, { name, type });
    if (result.kind === "no-response") failed = true;
    else if (result.answer.some((set) => set.type === TYPE.CNAME && set.name === name)) alias = true;
    else
      addresses.push(
        ...result.answer
          .flatMap((set) => set.records)
          .map(addressText)
          .filter((one) => one !== undefined),
      );
  }
  return { name, addresses, alias, failed };
}

export const replyOf = (
  got:
    | { readonly message: Message }
    | { readonly failure: NonNullable<Extract<Reply, { failure: unknown }>["failure"]> },
): Reply => ("message" in got ? { message: got.message } : { failure: got.failure });

/** Asks one server, without recursion and for the zone. */
class Asker {
  private readonly run: Run;
  private readonly base: Omit<OutQuery, "name" | "type" | "transport">;

  constructor(run: Run, zone: string, server: ServerAddress) {
    this.run = run;
    this.base = { server: server.address, recursionDesired: false, checkingDisabled: false, zone };
  }

  /** As a resolver would: over TCP again what was cut. */
  *ask(name: string, type: number): Step<Reply> {
    return replyOf(yield* ask(this.run, { ...this.base, name, type }));
  }

  /** Once, as said. */
  *once(name: string, type: number, change: Partial<OutQuery> = {}): Step<Reply> {
    return replyOf(yield* askOnce(this.run, { transport: "udp", ...this.base, name, type, ...change }));
  }
}

/** One question to one server, and the name under which its reply is kept. Each is a step of its own, so that a world may ask several at once. */
export interface Probing {
  readonly probe: Probe;
  readonly step: Step<Reply>;
}

const OVER_TCP = { transport: "tcp", pipelined: true } as const;

/** The first question to a server, which says whether it is there; and how that is asked again where nothing came. */
export function firstProbes(run: Run, { zone }: AuditPlan, server: ServerAddress) {
  const asker = new Asker(run, zone, server);
  return {
    soa: asker.ask(zone, TYPE.SOA),
    /** Over TCP, on a connection that the names may share later. */
    tcp: asker.once(zone, TYPE.SOA, OVER_TCP),
    plain: asker.once(zone, TYPE.SOA, { edns: "none" }),
  };
}

/** What a server that answered has at the zone's apex besides its SOA. */
export function apexProbes(run: () => Run, plan: AuditPlan, server: ServerAddress): Probing[] {
  return CONTENT.filter(([probe]) => probe !== "soa").map(([probe, label, type]) => ({
    probe,
    step: new Asker(run(), plan.zone, server).ask(below(plan, label), type),
  }));
}

/** What is to be asked of a server besides the apex: nothing where it did not answer there. */
export function namesFor({ probes }: ServerSeen, plan: AuditPlan): RrsetName[] {
  if (probes.soa === undefined || "failure" in probes.soa) return [];
  return [...plan.names, ...serverNames(probes.ns, plan), ...tlsaNames(plan)];
}

/** What one server has of a name below; `pipelined`: over a TCP connection with others. */
export function collectName(
  run: Run,
  { zone }: AuditPlan,
  server: ServerAddress,
  { name, type }: RrsetName,
  pipelined: boolean,
): Step<Reply> {
  const asker = new Asker(run, zone, server);
  return pipelined ? asker.once(name, type, OVER_TCP) : asker.ask(name, type);
}

/**
 * How a server behaves that answered without EDNS: apart from its content. What is odd for everybody (recursion, transfer) is tried on
 * an own zone only.
 */
export function mannersProbes(run: () => Run, { zone, own }: AuditPlan, server: ServerAddress): Probing[] {
  const asker = () => new Asker(run(), zone, server);
  const once = (probe: Probe, name: string, type: number, change: Partial<OutQuery>): Probing => ({
    probe,
    step: asker().once(name, type, change),
  });
  return [
    once("soa-edns1", zone, TYPE.SOA, { edns: "version-1" }),
    once("soa-edns1-option", zone, TYPE.SOA, { edns: "version-1-option" }),
    once("soa-option", zone, TYPE.SOA, { edns: "unknown-option" }),
    once("soa-flag", zone, TYPE.SOA, { edns: "unknown-flag" }),
    once("dnskey-small", zone, TYPE.DNSKEY, { edns: "small" }),
    once("soa-case", mixedCase(zone), TYPE.SOA, {}),
    { probe: "aaaa", step: asker().ask(zone, TYPE.AAAA) },
    once("foreign", foreignTo(zone), TYPE.NS, {}),
    once("version", "version.bind.", TYPE.TXT, { class: CHAOS, edns: "none" }),
    ...(own
      ? [
          once("recursion", foreignTo(zone), TYPE.NS, { recursionDesired: true }),
          once("transfer", zone, TYPE.AXFR, { transport: "tcp" }),
        ]
      : []),
  ];
}

const CHAOS = 3;

/** Every other letter in upper case. */
export const mixedCase = (name: string): string =>
  name.replace(/[a-z]/g, (letter, i: number) => (i % 2 ? letter : letter.toUpperCase()));

/**
 * What a resolver passes on of a zone whose servers cannot be asked from here: data and signatures, with CD set so that what the
 * resolver itself would refuse is shown. How each server behaves stays unseen.
 */
export function* collectForwarded(run: Run, plan: AuditPlan, resolver: string): Step<ServerSeen> {
  const probes: Partial<Record<Probe, Reply>> = {};
  const base = { server: resolver, recursionDesired: true, checkingDisabled: true, zone: "." };
  for (const [probe, label, type] of CONTENT) {
    probes[probe] = replyOf(yield* ask(run, { ...base, name: below(plan, label), type }));
    const failed = probe === "soa" && "failure" in probes[probe];
    if (failed) break;
  }
  const names: { asked: RrsetName; reply: Reply }[] = [];
  for (const asked of plan.names) names.push({ asked, reply: replyOf(yield* ask(run, { ...base, ...asked })) });
  return { name: resolver, address: resolver, forwarded: true, probes, names };
}

function below({ zone, probe }: AuditPlan, label: string): string {
  if (label === "") return zone;
  return prepend(label === "absent" ? probe : label, zone);
}

/** Where TLSA records of the zone's web sites would stand. */
function tlsaNames({ zone, names }: AuditPlan): RrsetName[] {
  const all = ["_443._tcp", "_443._tcp.www"].map((name) => `${name}.${zone === "." ? "" : zone}`);
  const known = names.filter(({ type }) => type === TYPE.TLSA).map(({ name }) => name);
  return all.filter((name) => !known.includes(name)).map((name) => ({ name, type: TYPE.TLSA, optional: true }));
}

/** Addresses of the zone's own name servers, to be held against the parent's glue. */
function serverNames(ns: Reply | undefined, { zone, names }: AuditPlan): RrsetName[] {
  const targets = answerOf(ns, zone, TYPE.NS).map((record) => nameFromWire(record.rdata));
  const inside = [...new Set(targets)].filter((name) => isWithin(name, zone));
  const asked = inside.flatMap((name) => [TYPE.A, TYPE.AAAA].map((type) => ({ name, type })));
  return asked.filter((one) => !names.some((known) => known.name === one.name && known.type === one.type));
}

/** A name that a server of the zone has no business to answer, and any recursive server can: another top-level domain. */
function foreignTo(zone: string): string {
  return isWithin(zone, "org.") ? "net." : "org.";
}
