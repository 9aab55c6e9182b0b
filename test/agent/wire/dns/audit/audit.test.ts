/**
 * The audit over collected zones: a healthy one has no finding; each fault gives its tags and no others. Every zone is
 * collected by the machine from servers that answer octets.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { collectAbove, serversAbove } from "../../../../../agent/wire/dns/audit/collect-above.ts";
import { collectMail, mailDomains } from "../../../../../agent/wire/dns/audit/collect-mail.ts";
import { collectMaster, masterName } from "../../../../../agent/wire/dns/audit/collect-master.ts";
import {
  type AuditFinding,
  apexProbes,
  audit,
  collectAtParent,
  collectChain,
  collectName,
  DEFAULT_POLICY,
  firstProbes,
  hostOf,
  mannersProbes,
  namesFor,
  type Probing,
  RULES,
  serversOf,
  type ZoneSeen,
} from "../../../../../agent/wire/dns/audit/index.ts";
import { type LookMemory, NOTHING_KNOWN } from "../../../../../agent/wire/dns/audit/memory.ts";
import { keyTag, type ResourceRecord, TYPE } from "../../../../../agent/wire/dns/index.ts";
import { startRun } from "../../../../../agent/wire/dns/resolve.ts";
import { DEFAULT_LIMITS } from "../../../../../agent/wire/dns/resolver/budget.ts";
import { ResolverCache } from "../../../../../agent/wire/dns/resolver/cache.ts";
import type { OutQuery } from "../../../../../agent/wire/dns/resolver/machine.ts";
import { parseRecords, rdataText } from "../../../../../agent/wire/dns/text/record.ts";
import { type AuthorityOptions, authority } from "../support/authority.ts";
import { configOf, drive, NOW, type Scripted, type Server } from "../support/world.ts";
import { dsOf, makeKey, recordOf, signRrset, type ZoneKey } from "../support/zone.ts";

const DAY = 86_400;
const ROOT = "198.41.0.4";
const ROOT2 = "198.41.0.5";
const SERVERS = { "ns1.vn.": ["192.0.2.1", "2001:db8:1::53"], "ns2.vn.": ["198.51.100.2", "2001:db8:2::53"] };
const HEALTHY = { inception: NOW - 2 * DAY, expiration: NOW + 12 * DAY };
const zoneText = (serial = 7, www = "203.0.113.1") => `vn. 3600 IN SOA ns1.vn. admin.vn. ${serial} 7200 3600 604800 300
vn. 3600 IN NS ns1.vn.
vn. 3600 IN NS ns2.vn.
ns1.vn. 3600 IN A 192.0.2.1
ns1.vn. 3600 IN AAAA 2001:db8:1::53
ns2.vn. 3600 IN A 198.51.100.2
ns2.vn. 3600 IN AAAA 2001:db8:2::53
www.vn. 3600 IN A ${www}
mail.vn. 3600 IN A 203.0.113.25
mail.vn. 3600 IN AAAA 2001:db8:25::25`;

const rootKey = makeKey(".");
const vnKey = makeKey("vn.", 13);

const GLUE =
  "ns1.vn. 300 IN A 192.0.2.1\nns1.vn. 300 IN AAAA 2001:db8:1::53\nns2.vn. 300 IN A 198.51.100.2\nns2.vn. 300 IN AAAA 2001:db8:2::53";
const BOTH = `vn. 300 IN NS ns1.vn.\nvn. 300 IN NS ns2.vn.\n${GLUE}`;

interface Setup {
  readonly zone?: Partial<AuthorityOptions>;
  /** What one server does differently, by address. */
  readonly servers?: Readonly<Record<string, Server>>;
  readonly delegation?: string;
  readonly ds?: readonly ResourceRecord[];
  readonly own?: boolean;
  readonly expects?: ZoneSeen["plan"]["expects"];
  readonly root?: Partial<AuthorityOptions>;
  readonly public?: boolean;
  /** Addresses with the names that they lead back to. */
  readonly reverse?: readonly (readonly [string, ...string[]])[];
  /** What the look before left. */
  readonly before?: Partial<LookMemory>;
}

function rootOf(setup: Setup): Server {
  const ds = setup.ds ?? [dsOf(vnKey)];
  const rootText = ". 300 IN SOA a. b. 1 7200 3600 604800 300\n. 300 IN NS a.root-servers.net.\n";
  const text = rootText + (setup.delegation ?? BOTH);
  return authority(".", { text, keys: [rootKey], validity: HEALTHY, change: addDs(ds), ...setup.root });
}

function collect(setup: Setup): ZoneSeen {
  const server = authority("vn.", { text: zoneText(), keys: [vnKey], validity: HEALTHY, ...setup.zone });
  const root = rootOf(setup);
  const all: Record<string, Server> = { [ROOT]: root, [ROOT2]: root };
  for (const address of Object.values(SERVERS).flat()) all[address] = server;
  Object.assign(all, setup.servers);
  const config = configOf([{ zone: ".", ds: [], dnskeys: [rootKey.record.rdata] }], ROOT, ROOT2);
  const cache = new ResolverCache();
  const run = () => startRun(config, NOW, cache, { ...DEFAULT_LIMITS, queries: 500 });
  const first = run();
  const names = [
    { name: "www.vn.", type: TYPE.A },
    { name: "mail.vn.", type: TYPE.A },
  ];
  const plan = {
    zone: "vn.",
    names,
    probe: "vg-absent-4711",
    own: setup.own ?? true,
    expects: setup.expects ?? {},
    public: setup.public ?? false,
  };
  const chain = drive(collectChain(first, "vn."), all).result;
  const parents = (chain.parent?.servers ?? []).map((one) => {
    const [ds, ns] = [TYPE.DS, TYPE.NS].map((type) => drive(collectAtParent(run(), "vn.", one, type), all).result);
    return { ...one, ds: ds!, ns: ns! };
  });
  const hosts = chain.hostNames.map((name) => drive(hostOf(run(), name), all).result);
  const parent = chain.parent && { zone: chain.parent.zone, servers: parents };
  const known = serversOf(first, chain, hosts);
  const servers = known.servers.map((one) => {
    const ran = (probings: readonly Probing[]) =>
      Object.fromEntries(probings.map(({ probe, step }) => [probe, drive(step, all).result]));
    const first = firstProbes(run(), plan, one);
    const plain = drive(first.plain, all).result;
    const manners = { "soa-plain": plain, ...("failure" in plain ? {} : ran(mannersProbes(run, plan, one))) };
    const soa = drive(first.soa, all).result;
    const tcp = drive(first.tcp, all).result;
    const content = { soa, "soa-tcp": tcp, ...("failure" in soa ? {} : ran(apexProbes(run, plan, one))) };
    const apex = { ...one, probes: content, names: [] };
    const names = namesFor(apex, plan).map((asked) => ({
      asked,
      reply: drive(collectName(run(), plan, one, asked, false), all).result,
    }));
    return { ...apex, names, probes: { ...manners, ...content } };
  });
  const mail = mailDomains(plan).flatMap((domain) => drive(collectMail(run(), domain, plan), all).result ?? []);
  const master = drive(collectMaster(run(), "vn.", masterName(chain.chain)!, known.named), all).result;
  const reverse = setup.reverse?.map(([address, ...ptr]) => ({ address, names: ptr, failed: false }));
  const above = serversAbove(first, "vn.").map((one) => drive(collectAbove(run(), one), all).result);
  const more = { anchor: config.anchors.anchors[0]!, master, ...(reverse && { reverse }) };
  const { chain: soa, ds } = chain;
  return { plan, atSeconds: NOW, chain: soa, ds, parent, ...known, servers, mail, above, ...more };
}

/** Signs DS at the cut: made here, because DS are records and not text. */
function addDs(ds: readonly ResourceRecord[]) {
  return (records: ResourceRecord[]): ResourceRecord[] => {
    if (ds.length === 0) return records;
    const text = authorityOfDs(ds);
    return [
      ...records.filter((r) => !(r.name === "vn." && (r.type === TYPE.NSEC || covers(r) === TYPE.NSEC))),
      ...text,
    ];
  };
}
const covers = (r: ResourceRecord) => (r.type === TYPE.RRSIG ? (r.rdata[0]! << 8) | r.rdata[1]! : -1);

const authorityOfDs = (ds: readonly ResourceRecord[]) => [...ds, signRrset(ds, rootKey, HEALTHY)];

const tags = (findings: readonly AuditFinding[]) => [...new Set(findings.map((finding) => finding.tag))].sort();
const find = (findings: readonly AuditFinding[], tag: string) => findings.find((finding) => finding.tag === tag)!;

test("a healthy zone: no finding, everything seen", () => {
  const seen = collect({});
  assert.deepEqual(audit(seen), []);
  assert.equal(seen.servers.length, 4);
  assert.equal(seen.chain.verdict.security, "secure");
  assert.equal(seen.parent?.servers.length, 2);
});

const silent: Server = () => undefined;
const noTcp =
  (server: Server): Server =>
  (query) =>
    query.transport === "tcp" ? undefined : server(query);
const zoneServer = (change: Partial<AuthorityOptions> = {}) =>
  authority("vn.", { text: zoneText(), keys: [vnKey], validity: HEALTHY, ...change });
const expiring = { inception: NOW - 13 * DAY, expiration: NOW + DAY };
const over = { inception: NOW - 15 * DAY, expiration: NOW - DAY };
const rsa = (bits: number, algorithm = 8): ResourceRecord =>
  recordOf(
    "vn.",
    TYPE.DNSKEY,
    Uint8Array.from([1, 0, 3, algorithm, 3, 1, 0, 1, ...new Uint8Array(bits / 8).fill(0xff)]),
    3600,
  );
const weakDs = (key: ZoneKey): ResourceRecord => {
  const ds = dsOf(key);
  const digest = createHash("sha1").update(key.record.owner).update(key.record.rdata).digest();
  return { ...ds, rdata: Uint8Array.from([...ds.rdata.subarray(0, 3), 1, ...digest]) };
};

const ROWS: readonly (readonly [string, () => Setup, readonly string[]])[] = [
  ["a server that is dead", () => ({ servers: { "192.0.2.1": silent } }), ["ZONE_SERVER_UNREACHABLE"]],
  ["a server without TCP", () => ({ servers: { "192.0.2.1": noTcp(zoneServer()) } }), ["ZONE_SERVER_NO_TCP"]],
  [
    "a server that refuses",
    () => ({ servers: { "192.0.2.1": () => ({ reply: "REFUSED" }) } }),
    ["ZONE_SERVER_REFUSES"],
  ],
  [
    "a server without EDNS",
    () => ({ servers: { "192.0.2.1": (q) => ({ ...zoneServer()(q), edns: false }) } }),
    ["ZONE_SERVER_NO_EDNS"],
  ],
  [
    "a server that likes EDNS version 1",
    () => ({
      servers: {
        "192.0.2.1": (q) => (q.edns?.startsWith("version-1") ? zoneServer()({ ...q, edns: "none" }) : zoneServer()(q)),
      },
    }),
    ["ZONE_SERVER_EDNS_VERSION"],
  ],
  [
    "an open resolver",
    () => ({
      servers: {
        "192.0.2.1": (q) =>
          q.recursionDesired ? { reply: "RD RA", answer: parseRecords("org. 300 IN NS a.org.") } : zoneServer()(q),
      },
    }),
    ["ZONE_SERVER_RECURSES"],
  ],
  [
    "a server that gives the zone away",
    () => ({
      servers: {
        "192.0.2.1": (q) => (q.type === TYPE.AXFR ? { answer: parseRecords(zoneText()).slice(0, 1) } : zoneServer()(q)),
      },
    }),
    ["ZONE_SERVER_TRANSFERS"],
  ],
  ["an unsigned zone", () => ({ zone: { unsigned: true }, ds: [] }), ["ZONE_NOT_SIGNED"]],
  ["a signed zone without DS", () => ({ ds: [] }), ["ZONE_DS_MISSING"]],
  ["a DS that fits nothing", () => ({ ds: [dsOf(makeKey("vn.", 13))] }), ["ZONE_CHAIN_BROKEN"]],
  ["an old DS left over", () => ({ ds: [dsOf(vnKey), dsOf(makeKey("vn.", 13))] }), ["ZONE_DS_UNMATCHED"]],
  ["a DS by SHA-1 only", () => ({ ds: [weakDs(vnKey)] }), ["ZONE_DS_DIGEST_WEAK"]],
  [
    "a short RSA key",
    () => ({ zone: { keys: [vnKey], text: zoneText(), change: addKey(rsa(1024)) } }),
    ["ZONE_ALGORITHM_INCOMPLETE", "ZONE_KEY_SHORT"],
  ],
  [
    "one RRset about to expire",
    () => ({ zone: { validityOf: (name) => (name === "www.vn." ? expiring : undefined) } }),
    ["ZONE_SIGNATURE_EXPIRES_SOON"],
  ],
  [
    "one RRset over",
    () => ({ zone: { validityOf: (name, type) => (name === "www.vn." && type === TYPE.A ? over : undefined) } }),
    ["ZONE_SIGNATURE_EXPIRED"],
  ],
  ["a signer that stopped, not yet over", () => ({ zone: { validity: expiring } }), ["ZONE_SIGNER_STOPPED"]],
  [
    "a signer that stopped long ago",
    () => ({ zone: { validity: over, validityOf: (_, type) => (type === TYPE.DNSKEY ? HEALTHY : undefined) } }),
    ["ZONE_SIGNER_STOPPED"],
  ],
  [
    "a signer ahead of the clock",
    () => ({ zone: { validity: { inception: NOW + 3600, expiration: NOW + 14 * DAY } } }),
    ["ZONE_SIGNATURE_NOT_YET_VALID"],
  ],
  [
    "a lifetime of a year",
    () => ({ zone: { validity: { inception: NOW - DAY, expiration: NOW + 364 * DAY } } }),
    ["ZONE_SIGNATURE_LIFETIME"],
  ],
  [
    "a record edited after signing",
    () => ({
      zone: {
        change: (records) =>
          records.map((r) =>
            r.name === "www.vn." && r.type === TYPE.A ? parseRecords("www.vn. 3600 IN A 203.0.113.66")[0]! : r,
          ),
      },
    }),
    ["ZONE_SIGNATURE_BOGUS"],
  ],
  [
    "a record that was never signed",
    () => ({ zone: { change: (records) => records.filter((r) => !(r.name === "www.vn." && covers(r) === TYPE.A)) } }),
    ["ZONE_SIGNATURE_MISSING"],
  ],
  [
    "a planned record that is gone",
    () => ({ zone: { text: zoneText().replace(/www\.vn\. 3600 IN A .*\n/, "") } }),
    ["ZONE_RECORD_MISSING"],
  ],
  [
    "an NSEC chain with a hole",
    () => ({
      zone: {
        change: (records) =>
          records.filter((r) => !(r.name === "ns2.vn." && (r.type === TYPE.NSEC || covers(r) === TYPE.NSEC))),
      },
    }),
    ["ZONE_DENIAL_BROKEN"],
  ],
  [
    "a secondary that is stale and over",
    () => ({ servers: { "198.51.100.2": zoneServer({ text: zoneText(5), validity: over }) } }),
    ["ZONE_SECONDARY_STALE"],
  ],
  [
    "one server's data edited without a serial",
    () => ({ servers: { "198.51.100.2": zoneServer({ text: zoneText(7, "203.0.113.9") }) } }),
    ["ZONE_SERVERS_DIFFER"],
  ],
  [
    "a delegation that names one server only",
    () => ({ delegation: `vn. 300 IN NS ns1.vn.\n${GLUE}` }),
    ["ZONE_DELEGATION_DIFFERS"],
  ],
  [
    "glue that is wrong",
    () => ({
      delegation: `vn. 300 IN NS ns1.vn.\nvn. 300 IN NS ns2.vn.\n${GLUE.replace("192.0.2.1", "192.0.2.99")}`,
      servers: { "192.0.2.99": silent },
    }),
    ["ZONE_GLUE_WRONG", "ZONE_SERVER_UNREACHABLE"],
  ],
  [
    "an expire above the lifetime",
    () => ({ zone: { text: zoneText().replace("604800", "2419200") } }),
    ["ZONE_SIGNATURE_UNDER_EXPIRE"],
  ],
  [
    "a retry above the refresh",
    () => ({ zone: { text: zoneText().replace("7200 3600", "3600 7200") } }),
    ["ZONE_SOA_TIMERS"],
  ],
  [
    "a request for keys that nobody has",
    () => ({ zone: { text: `${zoneText()}\nvn. 3600 IN CDS 1 13 2 ${"00".repeat(32)}` } }),
    ["ZONE_CDS_INVALID"],
  ],
  [
    "an outdated algorithm beside a good one",
    () => ({ zone: { change: addKey(rsa(2048, 7)) } }),
    ["ZONE_ALGORITHM_INCOMPLETE", "ZONE_ALGORITHM_WEAK"],
  ],
  [
    "a new key that the parent has not taken",
    () => ({ zone: { keys: [vnKey, nextKey], text: `${zoneText()}\n${[vnKey, nextKey].map(cdsText).join("\n")}` } }),
    ["ZONE_CDS_PENDING"],
  ],
  [
    "one server only",
    () => ({
      zone: { text: without(zoneText(), "ns2") },
      delegation: without(`vn. 300 IN NS ns1.vn.\n${GLUE}`, "ns2"),
    }),
    ["ZONE_FEW_SERVERS"],
  ],
  [
    "servers without IPv6",
    () => ({ zone: { text: without(zoneText(), "AAAA") }, delegation: without(BOTH, "AAAA") }),
    ["ZONE_NO_IPV6_SERVER"],
  ],
  [
    "servers in one network",
    () => ({
      zone: { text: near(zoneText()) },
      delegation: near(BOTH),
      servers: {
        "192.0.2.77": zoneServer({ text: near(zoneText()) }),
        "2001:db8:1::77": zoneServer({ text: near(zoneText()) }),
      },
    }),
    ["ZONE_ONE_NETWORK"],
  ],
  [
    "servers in one network, in two places as the plan knows",
    () => ({
      expects: { places: 2 },
      zone: { text: near(zoneText()) },
      delegation: near(BOTH),
      servers: {
        "192.0.2.77": zoneServer({ text: near(zoneText()) }),
        "2001:db8:1::77": zoneServer({ text: near(zoneText()) }),
      },
    }),
    [],
  ],
  [
    "NSEC3 parameters against RFC 9276",
    () => ({ zone: { text: `${zoneText()}\nvn. 3600 IN NSEC3PARAM 1 0 5 AB` } }),
    ["ZONE_NSEC3_ITERATIONS", "ZONE_NSEC3_SALT"],
  ],
  ["a mail domain as it should be", () => more(MAIL, SPF, DMARC), []],
  ["a domain that says it takes no mail", () => more("vn. 3600 IN MX 0 ."), []],
  [
    "mail that the plan knows of, and no server for it",
    () => ({ ...more(SPF, DMARC), expects: { mail: true } }),
    ["ZONE_MX_MISSING"],
  ],
  ["a mail domain that says nothing", () => more(MAIL), ["ZONE_DMARC_MISSING", "ZONE_SPF_MISSING"]],
  [
    "SPF for everyone, DMARC for nothing",
    () => more(MAIL, 'vn. 3600 IN TXT "v=spf1 +all"', DMARC.replace("reject", "none")),
    ["ZONE_DMARC_WEAK", "ZONE_SPF_INVALID"],
  ],
  ["no word on who may issue certificates", () => ({ expects: { caa: true } }), ["ZONE_CAA_MISSING"]],
  ["CAA as it should be", () => ({ ...more('vn. 3600 IN CAA 0 issue "ca.vn"'), expects: { caa: true } }), []],
  ["CAA that forbids everybody by a slip", () => more('vn. 3600 IN CAA 128 isue "ca.vn"'), ["ZONE_CAA_INVALID"]],
  [
    "a parent's server that is behind",
    () => ({ servers: { [ROOT2]: (q) => (q.type === TYPE.DS ? { authority: [] } : rootOf({})(q)) } }),
    ["ZONE_PARENT_DIFFERS"],
  ],
  ["a parent's server that is dead", () => ({ servers: { [ROOT2]: silent } }), ["ZONE_PARENT_SERVER_FAILS"]],
  ["a parent whose signatures end in a day", () => ({ root: { validity: expiring } }), ["ZONE_PARENT_SIGNATURE_ENDS"]],
  ["a key of the root to come", () => ({ root: { keys: [rootKey, makeKey(".")] } }), ["ZONE_ANCHOR_NEW_KEY"]],
  [
    "a server that refuses unknown EDNS",
    () => odd((q) => q.edns === "unknown-option", { reply: "FORMERR" }),
    ["ZONE_SERVER_EDNS_STRICT"],
  ],
  [
    "a server that minds the case of names",
    () => odd((q) => q.name !== q.name.toLowerCase(), { reply: "REFUSED" }),
    ["ZONE_SERVER_CASE"],
  ],
  [
    "a server that fails at AAAA",
    () => odd((q) => q.name === "vn." && q.type === TYPE.AAAA, { reply: "SERVFAIL" }),
    ["ZONE_SERVER_AAAA_FAILS"],
  ],
  [
    "a server that points to the root",
    () =>
      odd((q) => q.name === "org." && !q.recursionDesired, {
        reply: "NOERROR",
        authority: parseRecords(". 300 IN NS a.root-servers.net."),
      }),
    ["ZONE_SERVER_REFERS_UP"],
  ],
  [
    "a server that stumbles over an option beside a version it does not know",
    () => odd((q) => q.edns === "version-1-option", { reply: "FORMERR" }),
    ["ZONE_SERVER_EDNS_VERSION"],
  ],
  ["a master that is no name", () => master("."), ["ZONE_SOA_MASTER"]],
  ["a master that leads nowhere", () => master("sign.vn."), ["ZONE_SOA_MASTER"]],
  ["a master that is an alias", () => master("sign.vn.", "sign.vn. 3600 IN CNAME ns1.vn."), ["ZONE_SOA_MASTER"]],
  ["a master that nobody may ask", () => master("sign.vn.", HIDDEN, silent), []],
  ["a master that has the zone", () => master("sign.vn.", HIDDEN, zoneServer()), []],
  ["a master that knows nothing", () => master("sign.vn.", HIDDEN, () => ({ reply: "REFUSED" })), ["ZONE_SOA_MASTER"]],
  [
    "a master that is behind its secondaries",
    () => master("sign.vn.", HIDDEN, zoneServer({ text: zoneText(5) })),
    ["ZONE_SOA_MASTER"],
  ],
  ["two SOAs", () => more("vn. 3600 IN SOA ns2.vn. admin.vn. 7 7200 3600 604800 300"), ["ZONE_SOA_SEVERAL"]],
  [
    "servers of the Internet with addresses for documents only",
    () => ({ public: true }),
    ["ZONE_SERVER_ADDRESS_PRIVATE"],
  ],
  [
    "servers that everybody reaches, and one address without its name",
    () =>
      reachable(["9.9.9.9", "ns1.vn."], ["2620:fe::9", "ns1.vn.", "x.vn."], ["1.1.1.1"], ["2606:4700::1", "ns2.vn."]),
    ["ZONE_SERVER_NO_REVERSE"],
  ],
  [
    "servers that everybody reaches, all with their names",
    () =>
      reachable(["9.9.9.9", "ns1.vn."], ["2620:fe::9", "ns1.vn."], ["1.1.1.1", "ns2.vn."], ["2606:4700::1", "ns2.vn."]),
    [],
  ],
  [
    "an address that leads back to another name",
    () =>
      reachable(["9.9.9.9", "a.vn."], ["2620:fe::9", "ns1.vn."], ["1.1.1.1", "ns2.vn."], ["2606:4700::1", "ns2.vn."]),
    ["ZONE_SERVER_NO_REVERSE"],
  ],
  ["a server's name that is an alias", () => third("ns3.vn. 3600 IN CNAME ns1.vn."), ["ZONE_NS_ALIAS"]],
  ["a server's name that leads nowhere", () => third(""), ["ZONE_NS_UNRESOLVED"]],
  [
    "two names for one server",
    () => third("ns3.vn. 3600 IN A 192.0.2.1", "ns3.vn. 300 IN A 192.0.2.1"),
    ["ZONE_SERVERS_SHARE_ADDRESS"],
  ],
  [
    "a referral beyond one packet",
    () => ({
      servers: {
        [ROOT]: (q) => {
          const said = rootOf({})(q)!;
          const isReferral = q.name === "vn." && q.type === TYPE.NS;
          return isReferral ? { ...said, additional: [...said.additional!, ...LONG] } : said;
        },
      },
    }),
    ["ZONE_REFERRAL_LARGE"],
  ],
  [
    "servers of one autonomous system, as the plan knows",
    () => ({
      expects: { origins: Object.values(SERVERS).flatMap((all) => all.map((address) => ({ address, as: 64_512 }))) },
    }),
    ["ZONE_ONE_AS"],
  ],
  [
    "NSEC3 with opt-out",
    () => ({
      servers: {
        "192.0.2.1": (q) => {
          const said = zoneServer()(q)!;
          return q.type === TYPE.HINFO ? { ...said, authority: [...said.authority!, ...optOut()] } : said;
        },
      },
    }),
    ["ZONE_NSEC3_OPT_OUT"],
  ],
  [
    "a secondary with signatures of another day",
    () => ({
      servers: {
        "198.51.100.2": zoneServer({ validity: { inception: NOW - 6 * DAY, expiration: NOW + 8 * DAY } }),
      },
    }),
    ["ZONE_SECONDARY_SIGNATURES"],
  ],
  [
    "a secondary with signatures that are over, of the same version",
    () => ({ servers: { "198.51.100.2": zoneServer({ validity: over }) } }),
    ["ZONE_SECONDARY_SIGNATURES"],
  ],
  [
    "a signer that is late for its rhythm",
    () => ({
      zone: { validity: { inception: NOW - 16 * DAY, expiration: NOW + 12 * DAY } },
      before: { rhythmSeconds: 7 * DAY },
    }),
    ["ZONE_SIGNER_LATE"],
  ],
  [
    "a signer in its rhythm",
    () => ({
      zone: { validity: { inception: NOW - 16 * DAY, expiration: NOW + 12 * DAY } },
      before: { rhythmSeconds: 14 * DAY },
    }),
    [],
  ],
  [
    "signatures that may end before a lonely secondary does",
    () => ({ zone: { validity: { inception: NOW - 8 * DAY, expiration: NOW + 6 * DAY } } }),
    ["ZONE_SIGNATURE_UNDER_EXPIRE"],
  ],
  ["a rollover that began", () => ({ zone: { keys: [vnKey, nextKey] }, before: { since: rolling(NOW - DAY) } }), []],
  [
    "a rollover that stands still",
    () => ({ zone: { keys: [vnKey, nextKey] }, before: { since: rolling(NOW - 30 * DAY) } }),
    ["ZONE_ROLLOVER_STUCK"],
  ],
  ["DS without keys", () => ({ zone: { unsigned: true } }), ["ZONE_CHAIN_BROKEN"]],
  [
    "CDS that one server has and the other has not",
    () => ({ servers: { "198.51.100.2": zoneServer({ text: `${zoneText()}\n${cdsText(vnKey)}` }) } }),
    ["ZONE_SERVERS_DIFFER"],
  ],
  ["a mail server without an address", () => more(MAIL.replace("mail", "post"), SPF, DMARC), ["ZONE_MX_INVALID"]],
  // Its name leaves no room for the service's name before it: there is no TLSA to ask for, and no end to the audit.
  [
    "a mail server with a name as long as names can be",
    () =>
      more(MAIL.replace("mail", `${"x".repeat(60)}.${"y".repeat(60)}.${"z".repeat(60)}.${"m".repeat(60)}`), SPF, DMARC),
    ["ZONE_MX_INVALID"],
  ],
  ["a null MX beside another", () => more(MAIL, "vn. 3600 IN MX 0 .", SPF, DMARC), ["ZONE_MX_INVALID"]],
  ["a mail server without IPv6", () => more(MAIL.replace("mail", "www"), SPF, DMARC), ["ZONE_MX_NO_IPV6"]],
  [
    "a mail server in a zone that is not signed",
    () => ({
      ...more("vn. 3600 IN MX 10 mx.example.", SPF, DMARC),
      delegation: `${BOTH}\nexample. 300 IN NS ns.example.\nns.example. 300 IN A 192.0.2.200`,
      servers: {
        "192.0.2.200": authority("example.", { text: ELSEWHERE, keys: [], validity: HEALTHY, unsigned: true }),
      },
    }),
    ["ZONE_MX_INSECURE"],
  ],
  [
    "SPF with eleven lookups",
    () => more(MAIL, `vn. 3600 IN TXT "v=spf1 ${"a:www.vn ".repeat(11)}-all"`, DMARC),
    ["ZONE_SPF_LOOKUPS"],
  ],
  [
    "SPF that includes what is not there",
    () => more(MAIL, 'vn. 3600 IN TXT "v=spf1 include:no.vn -all"', DMARC),
    ["ZONE_SPF_INVALID"],
  ],
  ["SPF without an end", () => more(MAIL, 'vn. 3600 IN TXT "v=spf1 mx"', DMARC), ["ZONE_SPF_WEAK"]],
  ["two DMARC records", () => more(MAIL, SPF, DMARC, DMARC.replace("reject", "none")), ["ZONE_DMARC_INVALID"]],
];

/** One server answers one kind of question in a way of its own. */
function odd(asked: (query: OutQuery) => boolean, said: Scripted): Setup {
  return { servers: { "192.0.2.1": (q) => (asked(q) ? said : zoneServer()(q)) } };
}

const HIDDEN = "sign.vn. 3600 IN A 192.0.2.88";
/** Another master in the SOA, with what stands at its name and what it says. */
function master(name: string, line = "", server: Server = silent): Setup {
  const text = zoneText().replace("SOA ns1.vn.", `SOA ${name}`);
  return { zone: { text: `${text}\n${line}` }, servers: { "192.0.2.88": server } };
}

/** The servers at public addresses, with the names that these lead back to. */
function reachable(...reverse: readonly (readonly [string, ...string[]])[]): Setup {
  const moved = (text: string) =>
    text
      .replaceAll("192.0.2.1\n", "9.9.9.9\n")
      .replaceAll("2001:db8:1::53", "2620:fe::9")
      .replaceAll("198.51.100.2", "1.1.1.1")
      .replaceAll("2001:db8:2::53", "2606:4700::1");
  const server = zoneServer({ text: moved(zoneText()) });
  const servers = Object.fromEntries(reverse.map(([address]) => [address, server]));
  return { public: true, reverse, zone: { text: moved(zoneText()) }, delegation: moved(BOTH), servers };
}

/** A third name server, with what stands at its name, and glue. */
function third(line: string, glue = ""): Setup {
  const ns = "vn. 300 IN NS ns3.vn.";
  return {
    zone: { text: `${zoneText()}\n${ns.replace("300", "3600")}\n${line}` },
    delegation: `${BOTH}\n${ns}\n${glue}`,
  };
}

const LONG = parseRecords(`ns1.vn. 300 IN TXT ${`"${"x".repeat(250)}" `.repeat(5)}`);
const ELSEWHERE = `example. 300 IN SOA ns.example. admin.example. 1 7200 3600 604800 300
example. 300 IN NS ns.example.
ns.example. 300 IN A 192.0.2.200
mx.example. 300 IN A 192.0.2.201
mx.example. 300 IN AAAA 2001:db8:25::201`;

/** An NSEC3 record with opt-out where a type is denied: the apex's own NSEC stands beside it. */
function optOut(): ResourceRecord[] {
  const nsec3 = parseRecords(`${"0".repeat(32)}.vn. 300 IN NSEC3 1 1 0 - ${"V".repeat(32)} A RRSIG`);
  return [...nsec3, signRrset(nsec3, vnKey, HEALTHY)];
}

const rolling = (at: number) => ({
  [`ksk-double-signature ${[vnKey, nextKey]
    .map(({ record }) => keyTag(record.rdata))
    .sort((a, b) => a - b)
    .join(" ")}`]: at,
});

const MAIL = "vn. 3600 IN MX 10 mail.vn.";
const SPF = 'vn. 3600 IN TXT "v=spf1 mx " "-all"';
const DMARC = '_dmarc.vn. 3600 IN TXT "v=DMARC1; p=reject"';
function more(...lines: string[]): Setup {
  return { zone: { text: [zoneText(), ...lines].join("\n") } };
}

const nextKey = makeKey("vn.", 13);
const cdsText = (key: ZoneKey) => `vn. 3600 IN CDS ${rdataText(TYPE.CDS, dsOf(key).rdata)}`;
const without = (text: string, word: string) =>
  text
    .split("\n")
    .filter((line) => !line.includes(word))
    .join("\n");
const near = (text: string) =>
  text.replaceAll("198.51.100.2", "192.0.2.77").replaceAll("2001:db8:2::53", "2001:db8:1::77");

function addKey(key: ResourceRecord) {
  return (records: ResourceRecord[]): ResourceRecord[] => {
    const others = records.filter((r) => !(r.name === "vn." && (r.type === TYPE.DNSKEY || covers(r) === TYPE.DNSKEY)));
    const set = [vnKey.record, key];
    return [...others, ...set, signRrset(set, vnKey, HEALTHY)];
  };
}

describe("each fault gives its tags and no others", () => {
  for (const [fault, setup, expected] of ROWS) {
    test(`${fault}: ${expected.join(" ")}`, () => {
      const made = setup();
      const before = { ...NOTHING_KNOWN, ...made.before };
      assert.deepEqual(tags(audit(collect(made), DEFAULT_POLICY, before)), [...expected].sort());
    });
  }
});

test("a stopped signer is one finding, with counts and the earliest end", () => {
  const findings = audit(
    collect({ zone: { validity: expiring, validityOf: (name) => (name === "www.vn." ? over : undefined) } }),
  );
  const { evidence, subject } = find(findings, "ZONE_SIGNER_STOPPED");
  assert.equal(subject, "vn.");
  assert.equal(evidence["earliest"], new Date((NOW - DAY) * 1000).toISOString());
  assert.ok(Number(evidence["count"]) >= 8 && Number(evidence["expired"]) >= 1);
  assert.equal(findings.length, 1);
});

test("a stale secondary is named once, with its addresses", () => {
  const stale = zoneServer({ text: zoneText(5), validity: over });
  const findings = audit(collect({ servers: { "198.51.100.2": stale, "2001:db8:2::53": stale } }));
  assert.deepEqual(
    findings.map(({ subject, evidence }) => [subject, evidence["addresses"]]),
    [["ns2.vn.", ["198.51.100.2", "2001:db8:2::53"]]],
  );
  assert.equal(find(findings, "ZONE_SECONDARY_STALE").evidence["newest"], 7);
});

test("a zone of others is neither transferred nor asked to recurse", () => {
  const seen = collect({ own: false });
  assert.equal(
    seen.servers.some((server) => server.probes.transfer || server.probes.recursion),
    false,
  );
});

test("every tag that a rule names is met by a row, and none that it does not name", () => {
  const named = new Set<string>(RULES.flatMap((rule) => rule.tags));
  const met = new Set(ROWS.flatMap(([, , expected]) => expected));
  assert.deepEqual(
    [...met].filter((tag) => !named.has(tag)),
    [],
  );
  assert.deepEqual(
    [...named].filter((tag) => !met.has(tag)),
    [],
  );
});
