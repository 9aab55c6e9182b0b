/**
 * Collects a zone: the chain and the parent in one step, each server in a step of its own, so that a world may run servers side
 * by side. Each server is asked each thing once, over UDP with EDNS unless the probe says otherwise. Steps of the machine.
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
  type ParentServerSeen,
  type Probe,
  type Reply,
  type RrsetName,
  type ServerAddress,
  type ServerHost,
  type ServerSeen,
} from "./seen.ts";

export interface ParentCollected {
  readonly chain: Resolution;
  readonly ds: Resolution;
  readonly parent: { readonly zone: string; readonly servers: readonly ParentServerSeen[] } | undefined;
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

export function* collectChain(run: Run, { zone }: AuditPlan): Step<ChainCollected> {
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

/** What one of the parent's servers says of the zone. */
export function* collectParentServer(run: Run, zone: string, server: ServerAddress): Step<ParentServerSeen> {
  const flags = { recursionDesired: false, checkingDisabled: false };
  const query = { server: server.address, name: zone, zone: ancestor(zone), ...flags };
  const ds = replyOf(yield* ask(run, { ...query, type: TYPE.DS }));
  return { ...server, ds, ns: replyOf(yield* ask(run, { ...query, type: TYPE.NS })) };
}

/** All that was learnt of who serves the zone, put together: each address of each name once. */
export function parentOf(
  run: Run,
  { chain, ds, parent, delegated }: ChainCollected,
  servers: readonly ParentServerSeen[],
  hosts: readonly ServerHost[],
): ParentCollected {
  const found = new Map<string, ServerAddress>();
  const led = hosts.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })));
  for (const server of [...delegated, ...led]) found.set(`${server.name} ${server.address}`, server);
  const named = [...found.values()];
  const reachable = named.filter((server) => canReach(run, server.address));
  return { chain, ds, parent: parent && { zone: parent.zone, servers }, named, hosts, servers: reachable };
}

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

/** Asks one server for probes, one after the other, and keeps the replies. */
class Asker {
  readonly probes: Partial<Record<Probe, Reply>> = {};
  private readonly run: Run;
  private readonly base: Omit<OutQuery, "name" | "type" | "transport">;

  constructor(run: Run, zone: string, server: ServerAddress) {
    this.run = run;
    this.base = { server: server.address, recursionDesired: false, checkingDisabled: false, zone };
  }

  /** As a resolver would: over TCP again what was cut. */
  *put(probe: Probe, name: string, type: number): Step<void> {
    this.probes[probe] = yield* this.ask(name, type);
  }

  *ask(name: string, type: number): Step<Reply> {
    return replyOf(yield* ask(this.run, { ...this.base, name, type }));
  }

  /** Once, as said. */
  *once(probe: Probe, name: string, type: number, change: Partial<OutQuery>): Step<void> {
    this.probes[probe] = replyOf(yield* askOnce(this.run, { transport: "udp", ...this.base, name, type, ...change }));
  }

  failed(probe: Probe): boolean {
    const got = this.probes[probe];
    return got !== undefined && "failure" in got;
  }
}

/**
 * What one server has at the zone's apex, its names left to `collectNames`. One that does not answer the first question is asked over
 * TCP, and then left alone.
 */
export function* collectApex(run: Run, plan: AuditPlan, server: ServerAddress): Step<ServerSeen> {
  const { zone } = plan;
  const asker = new Asker(run, zone, server);
  yield* asker.put("soa", zone, TYPE.SOA);
  yield* asker.once("soa-tcp", zone, TYPE.SOA, { transport: "tcp" });
  if (asker.failed("soa")) return { ...server, probes: asker.probes, names: [] };
  for (const [probe, label, type] of CONTENT) if (probe !== "soa") yield* asker.put(probe, below(plan, label), type);
  return { ...server, probes: asker.probes, names: [] };
}

/** What is to be asked of a server besides the apex: nothing where it did not answer there. */
export function namesFor({ probes }: ServerSeen, plan: AuditPlan): RrsetName[] {
  if (probes.soa === undefined || "failure" in probes.soa) return [];
  return [...plan.names, ...serverNames(probes.ns, plan), ...tlsaNames(plan)];
}

/** What one server has of these names: a part of them, so that a world may ask for several parts at once. */
export function* collectNames(
  run: Run,
  { zone }: AuditPlan,
  server: ServerAddress,
  names: readonly RrsetName[],
): Step<ServerSeen["names"]> {
  const asker = new Asker(run, zone, server);
  const out: { asked: RrsetName; reply: Reply }[] = [];
  for (const asked of names) out.push({ asked, reply: yield* asker.ask(asked.name, asked.type) });
  return out;
}

/**
 * How one server behaves: apart from its content, so that a world may ask for both at once. What is odd for everybody (recursion,
 * transfer) is tried on an own zone only.
 */
export function* collectManners(run: Run, plan: AuditPlan, server: ServerAddress): Step<ServerSeen["probes"]> {
  const { zone } = plan;
  const asker = new Asker(run, zone, server);
  yield* asker.once("soa-plain", zone, TYPE.SOA, { edns: "none" });
  if (asker.failed("soa-plain")) return asker.probes;
  yield* asker.once("soa-edns1", zone, TYPE.SOA, { edns: "version-1" });
  yield* asker.once("soa-edns1-option", zone, TYPE.SOA, { edns: "version-1-option" });
  yield* asker.once("soa-option", zone, TYPE.SOA, { edns: "unknown-option" });
  yield* asker.once("soa-flag", zone, TYPE.SOA, { edns: "unknown-flag" });
  yield* asker.once("dnskey-small", zone, TYPE.DNSKEY, { edns: "small" });
  yield* asker.once("soa-case", mixedCase(zone), TYPE.SOA, {});
  yield* asker.put("aaaa", zone, TYPE.AAAA);
  yield* asker.once("foreign", foreignTo(zone), TYPE.NS, {});
  yield* asker.once("version", "version.bind.", TYPE.TXT, { class: CHAOS, edns: "none" });
  if (plan.own) {
    yield* asker.once("recursion", foreignTo(zone), TYPE.NS, { recursionDesired: true });
    yield* asker.once("transfer", zone, TYPE.AXFR, { transport: "tcp" });
  }
  return asker.probes;
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
