// The zones that the tools are shown: one fault class each, with the codes under which peers document it (none where no peer
// does), and the healthy ones. A class says what is done to a zone that was signed rightly; nothing here knows a tool.
import { TYPE } from "../../agent/wire/dns/index.ts";
import { FAULTS } from "../../test/vectors/differential/faults/index.ts";
import { replaceKeys } from "../../test/vectors/differential/faults/keys.ts";
import { strangerKey } from "../../test/vectors/differential/faults/signatures.ts";
import type { Random } from "../../test/vectors/differential/random.ts";
import { sign } from "../../test/vectors/differential/zones/resign.ts";
import type { SigningPlan } from "../../test/vectors/differential/zones/sign.ts";
import { dsRecord } from "../../test/vectors/differential/zones/sign.ts";
import { keyOf, type Site } from "../../test/vectors/differential/zones/site.ts";

/** Who answers as the second name server: another Knot, or a server with a fault of its own. */
export type Second = "knot" | "no-tcp" | "no-edns" | "lame";

export interface Class {
  readonly label: string;
  /** Codes of peers' own documentation; empty when none of them looks at it. */
  readonly codes: readonly string[];
  readonly plan?: Partial<SigningPlan>;
  /** What stands in the zone instead. */
  readonly text?: (text: string) => string;
  /** What stands in the second server's copy instead, signed anew; absent, both have the same. */
  readonly secondText?: (text: string) => string;
  /** How far the clock was off when the second copy was signed, days. */
  readonly secondDaysOff?: number;
  readonly second?: Second;
  /** The second server's IPv6 address answers nothing. */
  readonly deadIpv6?: true;
  /** Changes the delegation's lines as the parent has them. */
  readonly atParent?: (lines: readonly string[], apex: string) => readonly string[];
  /** Anybody may transfer the zone. */
  readonly transfer?: true;
  /** What is done to the zone as signed, or to what the parent is given. */
  readonly apply?: (site: Site, random: Random) => void;
}

/** A fault of the differential run's catalogue, by its label there. */
function fault(label: string, codes: readonly string[], name = label): Class {
  const found = FAULTS.find((one) => one.label === label);
  if (!found) throw new Error(`no fault ${label}`);
  return { label: name, codes, apply: (site, random) => void found.apply(site, random) };
}

const flipLast = (rdata: Uint8Array) => {
  const out = Uint8Array.from(rdata);
  out[out.length - 1]! ^= 1;
  return out;
};

/** One RRset's signatures spoilt. */
const spoil = (site: Site, name: string, type: number) => {
  const set = site.zone.must(name, type);
  set.signatures = set.signatures.map((one) => ({ ...one, rdata: flipLast(one.rdata) }));
};

export const BROKEN: readonly Class[] = [
  { label: "zone-expired", codes: ["dnsviz EXPIRATION_IN_PAST", "zonemaster RRSIG_EXPIRED"], plan: { daysOff: -30 } },
  {
    label: "zone-not-yet-valid",
    codes: ["dnsviz INCEPTION_IN_FUTURE", "zonemaster DS08_DNSKEY_RRSIG_NOT_YET_VALID"],
    plan: { daysOff: 5 },
  },
  {
    label: "soa-signature-invalid",
    codes: ["dnsviz SIGNATURE_INVALID", "zonemaster DS09_RRSIG_NOT_VALID_BY_DNSKEY"],
    apply: (site) => spoil(site, site.zone.apex, TYPE.SOA),
  },
  fault("ds-digest-wrong", ["dnsviz DIGEST_INVALID", "zonemaster DS02_NO_MATCH_DS_DNSKEY"]),
  fault("ds-of-another-key", ["dnsviz NO_SEP", "zonemaster DS02_NO_DNSKEY_FOR_DS"]),
  fault("dnskey-signature-missing", ["dnsviz MISSING_RRSIG", "zonemaster DS08_MISSING_RRSIG_IN_RESPONSE"]),
  fault("ksk-revoked", ["dnsviz DNSKEY_REVOKED_DS"]),
  {
    label: "denial-signature-invalid",
    codes: ["dnsviz SIGNATURE_INVALID", "zonemaster DS10_NSEC_RRSIG_VERIFY_ERROR"],
    plan: { denial: { kind: "nsec", iterations: 0, salt: 0 } },
    apply: (site) => {
      for (const set of site.zone.nsecs()) spoil(site, set.name, TYPE.NSEC);
    },
  },
  {
    label: "nsec3-iterations-150",
    codes: ["zonemaster MANY_ITERATIONS"],
    plan: { signer: "knot", denial: { kind: "nsec3", iterations: 150, salt: 8 } },
  },
  {
    label: "algorithm-not-signing",
    codes: ["dnsviz MISSING_RRSIG_FOR_ALG_DNSKEY", "zonemaster DS13_ALGO_NOT_SIGNED_SOA"],
    apply: (site) => {
      const set = site.zone.must(site.zone.apex, TYPE.DNSKEY);
      const other = strangerKey({ ...site, keys: site.keys.map((key) => ({ ...key, algorithm: 15 })) });
      replaceKeys(site, [...set.records, { ...other.dnskey, ttl: set.records[0]!.ttl }]);
    },
  },
  fault(
    "harmless-ds-sha1",
    ["dnsviz DIGEST_ALGORITHM_PROHIBITED", "zonemaster DS01_DS_ALGO_DEPRECATED"],
    "ds-sha1-only",
  ),
  { label: "rsa-1024", codes: ["zonemaster DNSKEY_SMALLER_THAN_REC"], plan: { algorithm: 8, rsaBits: 1_024 } },
  { label: "signatures-of-400-days", codes: ["zonemaster DURATION_LONG"], plan: { lifetimeDays: 400 } },
  { label: "signatures-end-in-6-hours", codes: ["zonemaster REMAINING_SHORT"], plan: { daysOff: -9.75 } },
  {
    label: "secondary-stale",
    codes: ["zonemaster MULTIPLE_SOA_SERIALS"],
    text: (text) => text.replace(" 10 14400 ", " 12 14400 "),
    secondText: (text) => text.replace(" 12 14400 ", " 10 14400 "),
  },
  {
    label: "second-server-lame",
    codes: ["dnsviz SERVER_NOT_AUTHORITATIVE", "zonemaster CN01_UNEXPECTED_RCODE_SOA_QUERY_UDP"],
    second: "lame",
  },
  {
    label: "second-server-without-tcp",
    codes: ["dnsviz SERVER_UNRESPONSIVE_TCP", "zonemaster CN02_NO_RESPONSE_TCP"],
    second: "no-tcp",
  },
  {
    label: "second-server-without-edns",
    codes: ["dnsviz ERROR_WITH_EDNS", "zonemaster NO_EDNS_SUPPORT"],
    second: "no-edns",
  },
  {
    label: "cds-of-no-key",
    codes: ["zonemaster DS16_CDS_MATCHES_NO_DNSKEY"],
    apply: (site) => {
      const { apex } = site.zone;
      const stranger = { ...dsRecord(strangerKey(site).dnskey, 2, 3_600), type: TYPE.CDS };
      const set = { name: apex, type: TYPE.CDS, records: [stranger], signatures: [] };
      site.zone.put(apex, TYPE.CDS, [stranger], [sign(set, keyOf(site, true), apex, site.now)]);
    },
  },
  { label: "transfer-open", codes: ["zonemaster AXFR_AVAILABLE"], transfer: true },
  {
    label: "algorithm-rsasha1",
    codes: ["dnsviz ALGORITHM_NOT_RECOMMENDED", "zonemaster ALGORITHM_DEPRECATED"],
    plan: { algorithm: 7, rsaBits: 2_048, denial: { kind: "nsec3", iterations: 0, salt: 0 } },
  },
  {
    label: "glue-wrong",
    codes: ["dnsviz GLUE_MISMATCH", "zonemaster IN_BAILIWICK_ADDR_MISMATCH"],
    atParent: (lines, apex) =>
      lines.map((line) => (line.startsWith(`ns2.${apex} A `) ? `ns2.${apex} A 192.0.2.15` : line)),
  },
  {
    label: "server-in-parent-only",
    codes: ["dnsviz NS_NAME_NOT_IN_CHILD", "zonemaster EXTRA_NAME_PARENT"],
    atParent: (lines, apex) => [...lines, `${apex} NS ns3.${apex}`, `ns3.${apex} A 192.0.2.12`],
  },
  {
    label: "second-server-serves-expired-signatures",
    codes: ["dnsviz EXPIRATION_IN_PAST", "zonemaster RRSIG_EXPIRED"],
    secondText: (text) => text,
    secondDaysOff: -30,
  },
  {
    label: "server-name-is-alias",
    codes: ["zonemaster NS_IS_CNAME"],
    text: (text) => `${text}@ NS ns3\nns3 CNAME ns1\n`,
    atParent: (lines, apex) => [...lines, `${apex} NS ns3.${apex}`],
  },
  {
    label: "servers-share-address",
    codes: ["zonemaster CHILD_NS_SAME_IP"],
    text: (text) => `${text}@ NS ns3\nns3 A 192.0.2.11\n`,
    atParent: (lines, apex) => [...lines, `${apex} NS ns3.${apex}`, `ns3.${apex} A 192.0.2.11`],
  },
  {
    label: "cds-signed-by-zsk",
    codes: ["zonemaster DS18_NO_MATCH_CDS_RRSIG_DS"],
    apply: (site) => {
      const { apex } = site.zone;
      const own = { ...dsRecord(keyOf(site, true).dnskey, 2, 3_600), type: TYPE.CDS };
      const set = { name: apex, type: TYPE.CDS, records: [own], signatures: [] };
      site.zone.put(apex, TYPE.CDS, [own], [sign(set, keyOf(site, false), apex, site.now)]);
    },
  },
  {
    label: "mail-server-is-alias",
    codes: ["zonemaster MX_RECORD_IS_CNAME"],
    text: (text) => text.replace("@ MX 10 mail\n", "@ MX 10 post\npost CNAME mail\n"),
  },
  // What no peer has a code for, or looks for below the apex.
  { label: "signer-stopped-25-hours-left", codes: [], plan: { daysOff: -(10 - 25 / 24) } },
  {
    label: "address-changed-under-signature",
    codes: [],
    apply: (site) => {
      const set = site.zone.must(`www.${site.zone.apex}`, TYPE.A);
      set.records = set.records.map((record) => ({ ...record, rdata: flipLast(record.rdata) }));
    },
  },
  {
    label: "mail-signature-missing",
    codes: [],
    apply: (site) => {
      site.zone.must(`mail.${site.zone.apex}`, TYPE.A).signatures = [];
    },
  },
  {
    label: "same-serial-other-address",
    codes: [],
    secondText: (text) => text.replace("198.51.100.80", "203.0.113.80"),
  },
  {
    label: "second-server-deaf-on-ipv6",
    codes: ["zonemaster CN01_NO_RESPONSE_UDP", "dnsviz SERVER_UNRESPONSIVE_UDP"],
    deadIpv6: true,
  },
  { label: "second-server-missed-a-signing", codes: [], secondText: (text) => text, secondDaysOff: -2 },
  {
    label: "spf-beyond-ten-lookups",
    codes: [],
    text: (text) => text.replace("v=spf1 mx -all", `v=spf1 ${"mx ".repeat(11)}-all`),
  },
  { label: "mail-server-without-ipv6", codes: [], text: (text) => text.replace("mail AAAA 2001:db8:80::25\n", "") },
  { label: "soa-expire-beyond-signatures", codes: [], text: (text) => text.replace(" 604800 ", " 2592000 ") },
  {
    label: "denial-lies-about-ipv6",
    codes: [],
    plan: { denial: { kind: "nsec", iterations: 0, salt: 0 } },
    apply: (site) => {
      // The AAAA of www is gone and its NSEC still says that it is there: the signer was fed two versions.
      site.zone.remove(`www.${site.zone.apex}`, TYPE.AAAA);
    },
  },
];

const HEALTHY_WAYS = healthyWays();

/** Whole and plain, one with each kind of denial: what a tool says of these, it says of the laboratory. */
export const CONTROLS: readonly Class[] = [
  { label: "control-nsec", codes: [], plan: { denial: { kind: "nsec", iterations: 0, salt: 0 } } },
  { label: "control-nsec3", codes: [], plan: { signer: "knot", denial: { kind: "nsec3", iterations: 0, salt: 0 } } },
];

/** Zones that are whole, in shapes that a careless tool might find fault with. */
export const HEALTHY: readonly Class[] = Array.from({ length: BROKEN.length }, (_, i): Class => {
  const algorithm = [13, 8, 15, 14, 13, 8][i % 6]!;
  const denial = [
    { kind: "nsec", iterations: 0, salt: 0 },
    { kind: "nsec3", iterations: 0, salt: 0 },
    { kind: "nsec3", iterations: 0, salt: 0 },
  ] as const;
  const plan = { algorithm, rsaBits: 2_048, signer: i % 2 === 0 ? "bind" : "knot", denial: denial[i % 3]! } as const;
  const odd = HEALTHY_WAYS[i % HEALTHY_WAYS.length]!;
  return { label: `healthy-${i}-${odd.label}`, codes: [], plan, ...odd.way };
});

function healthyWays(): { label: string; way: Pick<Class, "apply" | "text"> }[] {
  const same = (label: string) => ({ label, way: fault(label, []) });
  const pick = ({ label, way }: { label: string; way: Class }) => ({
    label,
    way: way.apply ? { apply: way.apply } : {},
  });
  return [
    { label: "plain", way: {} },
    { label: "wildcard", way: { text: (text) => `${text}*.apps TXT "any"\n` } },
    pick(same("harmless-standby-key")),
    {
      label: "delegation",
      way: { text: (text) => `${text}sub NS ns.sub\nns.sub A 198.51.100.9\nns.sub AAAA 2001:db8:9::9\n` },
    },
    { label: "empty-non-terminal", way: { text: (text) => `${text}a.b.c TXT "deep"\n` } },
    { label: "two-digests", way: { apply: (site) => void site.ds.push(dsRecord(keyOf(site, true).dnskey, 4)) } },
  ];
}
