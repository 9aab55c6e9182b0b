// The DNSSEC tool: looks at a zone from here as anybody may, and says what stands and what is wrong. Sends DNS queries only; the
// world is handed in.
import { SEVERITIES, type Severity } from "../../protocol/severity.ts";
import { tagRow } from "../../protocol/tags.ts";
import type { World } from "../check.ts";
import { memoryText, readMemory } from "../wire/dns/audit/memory.ts";
import type { ChainZone } from "../wire/dns/audit/path.ts";
import { answerOf, isAuthority, type RrsetName, soaOf, type ZoneSeen } from "../wire/dns/audit/seen.ts";
import { bestOf, judgeAll } from "../wire/dns/audit/table.ts";
import { RCODE, TYPE } from "../wire/dns/index.ts";
import { type Resolution, resolve, startRun } from "../wire/dns/resolve.ts";
import { ResolverCache } from "../wire/dns/resolver/cache.ts";
import type { ResolverConfig, Route, Run, Step } from "../wire/dns/resolver/machine.ts";
import { anchorFor } from "../wire/dns/validator/anchors.ts";
import { edeOf, type Verdict } from "../wire/dns/validator/verdict.ts";
import { Driver, type Wires } from "../wire/dns-drive.ts";
import { familiesReached } from "../wire/dns-reach.ts";
import { auditZone, type ZoneAudit } from "../wire/zone-audit.ts";
import { type DnssecInput, type DnssecRequest, readRequest } from "./dnssec-input.ts";
import { ToolError } from "./errors.ts";

/** What could not be looked at from here, and so is neither good nor bad. Closed list; texts in cli/locales. */
export type Unseen =
  | "ipv4"
  | "ipv6"
  | "servers"
  | "parent"
  | "chain"
  | "own-tests"
  | "names"
  | "more-names"
  | "transfer-refused" // the server did not take the key, or gives no transfer
  | "transfer-failed"; // no TCP, or what came was not whole, not signed or not in time

export interface ServerReport {
  readonly name: string;
  readonly address: string;
  readonly answers: boolean;
  /** What it says of its software (version.bind), if it says anything. */
  readonly software?: string;
  readonly serial?: number;
  /** RRsets seen, and how many of them carry a signature that holds. */
  readonly rrsets: number;
  readonly good: number;
  /** First end of a signature that holds, ISO 8601. */
  readonly firstEnd?: string;
}

export interface DnssecFinding {
  readonly tag: string;
  readonly severity: Severity;
  readonly clause: string;
  readonly subject: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface DnssecReport {
  readonly zone: string;
  /** As asked for: the zone, or a name in it. */
  readonly name: string;
  /** Time at which signatures were judged, ISO 8601. */
  readonly at: string;
  readonly verdict: Verdict & { readonly ede?: number };
  readonly chain: readonly ChainZone[];
  /** Key tags of the anchored zone: which sign its keys and are trusted here, and which are to come. */
  readonly anchored?: {
    readonly zone: string;
    readonly signedBy: readonly number[];
    readonly unknown: readonly number[];
  };
  /** Stages of key rollovers that the zone is in. */
  readonly stages: readonly { readonly name: string; readonly keyTags: readonly number[] }[];
  /** For `before` of the next look. */
  readonly memory: string;
  readonly servers: readonly ServerReport[];
  /** Worst first. */
  readonly findings: readonly DnssecFinding[];
  readonly skipped: readonly Unseen[];
  readonly exitCode: 0 | 1 | 2;
  readonly tookMs: number;
}

/** @throws ToolError when nothing could be looked at: bad input, no network, a name that is not there. */
export async function checkDnssec(request: DnssecRequest, wires: ToolWires): Promise<DnssecReport> {
  const input = readRequest(request);
  const startedAt = wires.now();
  const driver = new Driver(wires, { port: input.port });
  const { config, skipped } = await configure(input, driver);
  const cache = new ResolverCache();
  const { zone, names } = await enclosing(input, startRun(config, seconds(wires), cache), driver);
  const probe = `vg-${wires.random16().toString(16)}${wires.random16().toString(16)}`;
  const result = await auditZone(driver, seconds(wires), {
    config: withStub(config, zone, input.servers),
    cache,
    plan: { zone, names, probe, own: input.own && input.resolver === undefined, public: input.public },
    tls: {
      connect: (to, name) => wires.connectTls(to, name, "", TLS_TIMEOUT_MS),
      connectSmtp: (to, name) => wires.connectSmtpTls(to, name, "", TLS_TIMEOUT_MS),
    },
    before: readMemory(input.before),
    transfer: { doors: wires, port: input.port, ...(input.transferKey && { key: input.transferKey }) },
    ...(input.servers.length > 0 && { servers: input.servers }),
    ...(input.resolver !== undefined && { resolver: input.resolver }),
  });
  const unnamed: Unseen[] = result.names === "none" ? ["names"] : result.names === "partial" ? ["more-names"] : [];
  const refused = result.transferFailed === "refused" || result.transferFailed === "key-refused";
  const failed: Unseen[] = result.transferFailed ? [refused ? "transfer-refused" : "transfer-failed"] : [];
  return reportOf(input, result, [...skipped, ...failed, ...unnamed], wires.now() - startedAt);
}

const TLS_TIMEOUT_MS = 3_000;

/** What the tool needs of the world: agent/check.ts's World has it. */
export type ToolWires = Wires & Pick<World, "connectTls" | "connectSmtpTls" | "streamTcp">;

const seconds = (wires: Wires) => Math.floor(wires.now() / 1_000);

/** Finds out which families reach the root from here; without any, a resolver is needed. */
async function configure(input: DnssecInput, driver: Driver) {
  const base: ResolverConfig = {
    hints: input.hints,
    routes: [],
    anchors: input.anchors,
    ipv4: true,
    ipv6: true,
    maxNsec3Iterations: 150,
    forwardCheckingDisabled: true,
    leaveSilent: true,
    ...(input.at !== undefined && { validationTime: input.at }),
  };
  const own: Unseen[] = input.own ? [] : ["own-tests"];
  if (input.resolver !== undefined) {
    const passes = await driver.run(passesSignatures(input.resolver, anchorZone(input)));
    if (passes === "no") throw new ToolError("resolver-silent", input.resolver);
    if (passes === "other")
      throw new ToolError("resolver-strips", input.resolver, `no RRSIG over ${anchorZone(input)}/DNSKEY`);
    const servers = [{ name: input.resolver, addresses: [input.resolver] }];
    const routes: Route[] = [{ zone: ".", kind: "forward", servers }];
    const skipped: Unseen[] = ["servers", "parent", "own-tests"];
    return { config: { ...base, routes }, skipped };
  }
  const reached = await familiesReached(input.hints, driver);
  if (reached.ipv4 || reached.ipv6) {
    const { ipv4, ipv6 } = reached;
    const skipped = (["ipv4", "ipv6"] as const).filter((family) => !reached[family]);
    return { config: { ...base, ipv4, ipv6 }, skipped: [...skipped, ...own] };
  }
  if (reached.intercepted)
    throw new ToolError("dns-intercepted", "UDP 53", "a root server's address answers without authority");
  if (input.servers.length === 0) throw new ToolError("dns-blocked", "UDP 53", "no root server answered");
  // The servers named may still answer; the chain above them cannot be followed unless an anchor stands at the zone.
  const isRoot = anchorZone(input) === ".";
  const anchors = isRoot ? { anchors: [], negative: [] } : input.anchors;
  const skipped: Unseen[] = isRoot ? ["parent", "chain", ...own] : ["parent", ...own];
  return { config: { ...base, hints: [], anchors }, skipped };
}

/** Where the chain begins for the name asked for. */
function anchorZone({ anchors, name }: DnssecInput): string {
  const governing = anchorFor(anchors, name);
  return governing && "anchor" in governing ? governing.anchor.zone : ".";
}

/** Does the resolver pass signatures on? Else everything would look broken that is not. */
function* passesSignatures(resolver: string, zone: string): Step<"yes" | "other" | "no"> {
  const flags = { recursionDesired: true, checkingDisabled: true } as const;
  for (const transport of ["udp", "tcp"] as const) {
    const reply = yield { server: resolver, name: zone, type: TYPE.DNSKEY, zone: ".", transport, ...flags };
    if (!("message" in reply)) return "no";
    if (reply.message.truncated) continue;
    return reply.message.answer.some(({ type }) => type === TYPE.RRSIG) ? "yes" : "other";
  }
  return "other";
}
/** The servers named by the caller answer for the zone; delegations lead to them no more. */
function withStub(config: ResolverConfig, zone: string, servers: readonly string[]): ResolverConfig {
  if (servers.length === 0) return config;
  const stub: Route = { zone, kind: "stub", servers: servers.map((one) => ({ name: one, addresses: [one] })) };
  return { ...config, routes: [...config.routes, stub] };
}

/** Types of a name that is no zone by itself, looked at where they exist. */
const NAME_TYPES = [TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.MX, TYPE.TXT, TYPE.TLSA];

/** The zone that a name lies in, and what to look at of the name. A name that servers were given for is taken as a zone. */
async function enclosing({ name, servers }: DnssecInput, run: Run, driver: Driver) {
  if (servers.length > 0) return { zone: name, names: [] };
  // Nearly always it is a zone, and what is believed of it is the audit's question. Where it is none, that decides what is looked at: then
  // one server's word is not enough.
  if (apexOf(name, await driver.run(resolve(run, name, TYPE.SOA, { validate: false }))) === name)
    return { zone: name, names: [] };
  const soa = await driver.run(resolve(run, name, TYPE.SOA));
  const owner = apexOf(name, soa);
  if (owner === name) return { zone: name, names: [] };
  if (soa.rcode === RCODE.NXDOMAIN) throw new ToolError("name-missing", name, `${name} is not in ${owner}`);
  const names: RrsetName[] = [];
  for (const type of NAME_TYPES) {
    const found = await driver.run(resolve(run, name, type));
    if (found.answer.some((set) => set.name === name && set.type === type)) names.push({ name, type });
  }
  return { zone: owner, names };
}

/** The zone that an answer about a name's SOA speaks of; the name itself where nothing tells. */
function apexOf(name: string, soa: Resolution): string {
  const isApex = soa.failure !== undefined || soa.answer.some((set) => set.type === TYPE.SOA);
  return (isApex ? undefined : soa.authority.find((set) => set.type === TYPE.SOA)?.name) ?? name;
}

function reportOf(input: DnssecInput, result: ZoneAudit, skipped: readonly Unseen[], tookMs: number): DnssecReport {
  const { seen, chain, anchored, memory } = result;
  const { verdict } = seen.chain;
  const ede = edeOf(verdict.reason);
  const findings = result.findings
    .map(({ tag, subject, evidence }) => ({ tag, ...pick(tag), subject, evidence }))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const has = (...some: Severity[]) => findings.some(({ severity }) => some.includes(severity));
  return {
    zone: seen.plan.zone,
    name: input.name,
    at: iso(seen.atSeconds),
    verdict: { ...verdict, ...(ede !== undefined && { ede }) },
    chain,
    ...(anchored && { anchored }),
    stages: memory.stages,
    memory: memoryText(memory.next),
    servers: serverReports(seen),
    findings,
    skipped,
    // What is not protected, or could not be judged, is not good: without a finding too, it is a warning.
    exitCode:
      has("critical", "high") || verdict.security === "bogus"
        ? 2
        : findings.length > 0 || verdict.security !== "secure"
          ? 1
          : 0,
    tookMs,
  };
}

function pick(tag: string) {
  const { severity, clause } = tagRow(tag);
  return { severity, clause };
}

function serverReports(seen: ZoneSeen): ServerReport[] {
  const judged = judgeAll(seen);
  return seen.servers.map((server) => {
    const own = judged.filter((set) => set.server === server);
    const left = own.flatMap((set) => bestOf(set)?.secondsLeft ?? []);
    const serial = soaOf(server, seen.plan.zone)?.serial;
    const software = softwareOf(server);
    return {
      name: server.name,
      address: server.address,
      answers: isAuthority(server),
      ...(software && { software }),
      ...(serial !== undefined && { serial }),
      rrsets: own.length,
      good: left.length,
      ...(left.length > 0 && { firstEnd: iso(seen.atSeconds + Math.min(...left)) }),
    };
  });
}

/** First string of the TXT record that is asked for in class CH; printable, and short. */
function softwareOf({ probes }: ZoneSeen["servers"][number]): string {
  const [record] = answerOf(probes.version, "version.bind.", TYPE.TXT);
  const text = record ? Buffer.from(record.rdata.subarray(1, 1 + record.rdata[0]!)).toString("latin1") : "";
  return text.replace(/[^\x20-\x7e]/g, "").slice(0, 60);
}

const iso = (unixSeconds: number) => new Date(unixSeconds * 1_000).toISOString();
