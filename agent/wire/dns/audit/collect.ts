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
  type ParentServerSeen,
  type Probe,
  type Reply,
  type RrsetName,
  type ServerAddress,
  type ServerSeen,
} from "./seen.ts";

export interface ParentCollected {
  readonly chain: Resolution;
  readonly ds: Resolution;
  readonly parent: { readonly zone: string; readonly servers: readonly ParentServerSeen[] } | undefined;
  /** The zone's servers as the delegation and the zone itself name them, each address once. */
  readonly named: readonly ServerAddress[];
  /** Those of them that can be asked from here. */
  readonly servers: readonly ServerAddress[];
}

/** The chain of trust to the zone, what the parent's servers say of it, and which servers it has. */
export function* collectParent(run: Run, plan: AuditPlan): Step<ParentCollected> {
  const { zone } = plan;
  const chain = yield* resolve(run, zone, TYPE.SOA);
  const ds = yield* resolve(run, zone, TYPE.DS);
  const delegation = run.cache.delegations.get(zone, run.nowSeconds)?.value;
  const above = delegation ? parentServers(run, delegation.parent) : [];
  const servers: ParentServerSeen[] = [];
  for (const server of above) {
    const query = {
      server: server.address,
      name: zone,
      recursionDesired: false,
      checkingDisabled: false,
      zone: ancestor(zone),
    };
    const dsReply = reply(yield* ask(run, { ...query, type: TYPE.DS }));
    const nsReply = reply(yield* ask(run, { ...query, type: TYPE.NS }));
    servers.push({ ...server, ds: dsReply, ns: nsReply });
  }
  const named = yield* childServers(run, zone, delegation?.servers ?? []);
  const parent = delegation && { zone: delegation.parent, servers };
  return { chain, ds, parent, named, servers: named.filter((server) => canReach(run, server.address)) };
}

const canReach = ({ config }: Run, address: string): boolean => (address.includes(":") ? config.ipv6 : config.ipv4);

function parentServers(run: Run, zone: string): ServerAddress[] {
  const known = run.cache.delegations.get(zone, run.nowSeconds)?.value.servers;
  const route = run.config.routes.find((one) => one.zone === zone && one.kind === "stub")?.servers;
  const all = addressesOf(known ?? route ?? (zone === "." ? run.config.hints : []));
  return all.filter((server) => canReach(run, server.address));
}

const addressesOf = (servers: readonly NameServer[]): ServerAddress[] =>
  servers.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })));

/** Servers of the delegation and of the zone's own NS RRset, with glue and with what their names resolve to. */
function* childServers(run: Run, zone: string, delegated: readonly NameServer[]): Step<ServerAddress[]> {
  const found = new Map<string, ServerAddress>();
  const add = (server: ServerAddress) => found.set(`${server.name} ${server.address}`, server);
  for (const server of addressesOf(delegated)) add(server);
  const own = yield* iterate(run, { name: zone, type: TYPE.NS });
  const records = own.kind === "answer" ? own.answer.flatMap((set) => set.records) : [];
  const names = new Set([
    ...delegated.map((one) => one.name),
    ...records.filter((r) => r.type === TYPE.NS).map((r) => nameFromWire(r.rdata)),
  ]);
  for (const name of names) {
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const result = yield* iterate(run, { name, type });
      if (result.kind !== "answer") continue;
      for (const record of result.answer.flatMap((set) => set.records)) {
        const address = addressText(record);
        if (address) add({ name, address });
      }
    }
  }
  return [...found.values()];
}

const reply = (
  got:
    | { readonly message: Message }
    | { readonly failure: NonNullable<Extract<Reply, { failure: unknown }>["failure"]> },
): Reply => ("message" in got ? { message: got.message } : { failure: got.failure });

/** All questions to one server. A server that does not answer the first is asked over TCP, and then left alone. */
export function* collectServer(run: Run, plan: AuditPlan, server: ServerAddress): Step<ServerSeen> {
  const { zone } = plan;
  const probes: Partial<Record<Probe, Reply>> = {};
  const base = { server: server.address, recursionDesired: false, checkingDisabled: false, zone };
  const put = function* (probe: Probe, name: string, type: number, change: Partial<OutQuery> = {}): Step<void> {
    const once = change.transport !== undefined || change.edns !== undefined;
    const query = { ...base, name, type, ...change };
    probes[probe] = reply(once ? yield* askOnce(run, { transport: "udp", ...query }) : yield* ask(run, query));
  };
  yield* put("soa", zone, TYPE.SOA);
  yield* put("soa-tcp", zone, TYPE.SOA, { transport: "tcp" });
  const silent = probes.soa && "failure" in probes.soa;
  if (silent) return { ...server, probes, names: [] };
  yield* put("soa-plain", zone, TYPE.SOA, { edns: "none" });
  yield* put("soa-edns1", zone, TYPE.SOA, { edns: "version-1" });
  yield* put("ns", zone, TYPE.NS);
  yield* put("dnskey", zone, TYPE.DNSKEY);
  yield* put("cds", zone, TYPE.CDS);
  yield* put("cdnskey", zone, TYPE.CDNSKEY);
  yield* put("nsec3param", zone, TYPE.NSEC3PARAM);
  yield* put("mx", zone, TYPE.MX);
  yield* put("txt", zone, TYPE.TXT);
  yield* put("dmarc", prepend("_dmarc", zone), TYPE.TXT);
  yield* put("caa", zone, TYPE.CAA);
  yield* put("absent", prepend(plan.probe, zone), TYPE.A);
  yield* put("nodata", zone, TYPE.HINFO);
  if (plan.own) {
    yield* put("recursion", foreignTo(zone), TYPE.NS, { recursionDesired: true, transport: "udp" });
    yield* put("transfer", zone, TYPE.AXFR, { transport: "tcp" });
  }
  const names: { asked: AuditPlan["names"][number]; reply: Reply }[] = [];
  for (const asked of [...plan.names, ...serverNames(probes.ns, plan), ...tlsaNames(plan)]) {
    names.push({ asked, reply: reply(yield* ask(run, { ...base, ...asked })) });
  }
  return { ...server, probes, names };
}

/**
 * What a resolver passes on of a zone whose servers cannot be asked from here: data and signatures, with CD set so that what the
 * resolver itself would refuse is shown. How each server behaves stays unseen.
 */
export function* collectForwarded(run: Run, plan: AuditPlan, resolver: string): Step<ServerSeen> {
  const { zone } = plan;
  const probes: Partial<Record<Probe, Reply>> = {};
  const base = { server: resolver, recursionDesired: true, checkingDisabled: true, zone: "." };
  for (const [probe, label, type] of CONTENT) {
    const below = label === "absent" ? plan.probe : label;
    probes[probe] = reply(yield* ask(run, { ...base, name: below === "" ? zone : prepend(below, zone), type }));

    const failed = probe === "soa" && "failure" in probes[probe];
    if (failed) break;
  }
  const names: { asked: RrsetName; reply: Reply }[] = [];
  for (const asked of plan.names) names.push({ asked, reply: reply(yield* ask(run, { ...base, ...asked })) });
  return { name: resolver, address: resolver, forwarded: true, probes, names };
}

/** Probe, label below the apex ("" for the apex itself), type. */
const CONTENT: readonly (readonly [Probe, string, number])[] = [
  ["soa", "", TYPE.SOA],
  ["ns", "", TYPE.NS],
  ["dnskey", "", TYPE.DNSKEY],
  ["cds", "", TYPE.CDS],
  ["cdnskey", "", TYPE.CDNSKEY],
  ["nsec3param", "", TYPE.NSEC3PARAM],
  ["mx", "", TYPE.MX],
  ["txt", "", TYPE.TXT],
  ["dmarc", "_dmarc", TYPE.TXT],
  ["caa", "", TYPE.CAA],
  ["absent", "absent", TYPE.A],
  ["nodata", "", TYPE.HINFO],
];

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
