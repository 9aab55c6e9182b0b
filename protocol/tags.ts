// The table of tags: what each finding means for severity and for the correlator. Text and remedy in both languages stand in
// locales/{vi,en}.json under `tag.<TAG>.title` and `tag.<TAG>.remedy`; a test holds the two tables together.
import type { Severity } from "./finding.ts";
import type { IncidentClass } from "./incident.ts";

export interface TagRow {
  severity: Severity;
  class: IncidentClass;
  /** True when the finding can also be caused by a broken path between the observer and the asset. */
  needsPath: boolean;
  /** True when the finding means that the asset itself (a link, a service) is down. */
  down: boolean;
  /** The clause it enforces. */
  clause: string;
}

const row = (severity: Severity, cls: IncidentClass, o: { needsPath?: true; down?: true; clause: string }): TagRow => ({
  severity,
  class: cls,
  needsPath: o.needsPath ?? false,
  down: o.down ?? false,
  clause: o.clause,
});

const TSLCD = "Circular 06/2026/TT-BKHCN art. 5";
const IPV6 = "Decree 224/2026/NĐ-CP art. 11.4; Circular 32/2017 art. 15.4";
const PKIX = "RFC 5280 §6.1; RFC 6125";

export const TAGS = {
  // link
  LINK_NO_CARRIER: row("high", "connectivity", { down: true, clause: TSLCD }),
  LINK_DEVICE_MISSING: row("high", "connectivity", { down: true, clause: TSLCD }),
  LINK_SESSION_LOST: row("high", "connectivity", { down: true, clause: `${TSLCD}; RFC 4271 §8` }),
  // datacentre
  DC_UNREACHABLE: row("critical", "connectivity", { needsPath: true, clause: TSLCD }),
  DC_PATH_NOT_DEDICATED: row("high", "connectivity", { needsPath: true, clause: TSLCD }),
  // ipv6
  IPV6_ADDRESS_MISSING: row("high", "ipv6", { clause: IPV6 }),
  IPV6_NO_DEFAULT_ROUTE: row("high", "ipv6", { needsPath: true, clause: IPV6 }),
  IPV6_SERVICE_UNREACHABLE: row("high", "ipv6", { needsPath: true, clause: IPV6 }),
  // zone
  ZONE_SERVER_UNREACHABLE: row("high", "service", { needsPath: true, down: true, clause: "RFC 1034 §4.1; RFC 2182" }),
  ZONE_SERVER_REFUSES: row("high", "service", { clause: "RFC 1034 §4.3; RFC 8906" }),
  ZONE_SIGNATURE_MISSING: row("critical", "dnssec", { clause: "RFC 4035 §2.2; Circular 32/2017 art. 15.4" }),
  ZONE_SIGNATURE_BOGUS: row("critical", "dnssec", { clause: "RFC 4035 §5.3.3; RFC 8914 (EDE 6)" }),
  ZONE_SIGNATURE_EXPIRED: row("critical", "dnssec", { clause: "RFC 4035 §5.3.1; RFC 8914 (EDE 7)" }),
  ZONE_SIGNATURE_EXPIRES_SOON: row("medium", "dnssec", { clause: "RFC 6781 §4.4.2" }),
  // zone, as the DNSSEC audit sees it
  ZONE_SERVER_NO_TCP: row("high", "service", { clause: "RFC 7766 §5; RFC 9210" }),
  ZONE_SERVER_NO_EDNS: row("medium", "service", { clause: "RFC 6891 §7; RFC 3225" }),
  ZONE_SERVER_EDNS_VERSION: row("low", "service", { clause: "RFC 6891 §6.1.3; RFC 8906 §3.2" }),
  ZONE_SERVER_EDNS_STRICT: row("low", "service", { clause: "RFC 6891 §6.1.2 and §6.1.4; RFC 8906 §3.2" }),
  ZONE_SERVER_CASE: row("medium", "service", { clause: "RFC 4343 §3 and §4.1" }),
  ZONE_SERVER_AAAA_FAILS: row("high", "ipv6", { clause: "RFC 4074 §4; Decree 224/2026/NĐ-CP art. 11.4" }),
  ZONE_SERVER_REFERS_UP: row("low", "service", { clause: "RFC 1034 §4.3.2; RFC 8906 §3" }),
  ZONE_SERVER_RECURSES: row("high", "service", { clause: "RFC 5358 §4" }),
  ZONE_SERVER_TRANSFERS: row("medium", "service", { clause: "RFC 5936 §6; RFC 9103" }),
  ZONE_NOT_SIGNED: row("high", "dnssec", { clause: "Circular 32/2017 art. 15.4; RFC 4035 §2.1" }),
  ZONE_CHAIN_BROKEN: row("critical", "dnssec", { clause: "RFC 4035 §5.2; RFC 8914" }),
  ZONE_DS_MISSING: row("high", "dnssec", { clause: "RFC 4035 §2.4; RFC 9364 §3" }),
  ZONE_DS_UNMATCHED: row("medium", "dnssec", { clause: "RFC 4035 §2.4; RFC 6781 §4.1.2" }),
  ZONE_DS_DIGEST_WEAK: row("medium", "dnssec", { clause: "RFC 8624 §3.3" }),
  ZONE_PARENT_DIFFERS: row("high", "dnssec", { clause: "RFC 1034 §4.3.5; RFC 4035 §2.4" }),
  ZONE_PARENT_SERVER_FAILS: row("medium", "service", { clause: "RFC 1034 §4.1; RFC 2182" }),
  ZONE_PARENT_SIGNATURE_ENDS: row("medium", "dnssec", { clause: "RFC 4035 §5.3.1; RFC 6781 §4.4.2" }),
  ZONE_ANCHOR_NEW_KEY: row("low", "dnssec", { clause: "RFC 5011 §2.4; RFC 9718" }),
  ZONE_ALGORITHM_WEAK: row("medium", "dnssec", { clause: "RFC 8624 §3.1" }),
  ZONE_KEY_SHORT: row("medium", "dnssec", { clause: "RFC 6781 §3.4.2; NIST SP 800-57-1 §5.6" }),
  ZONE_ALGORITHM_INCOMPLETE: row("high", "dnssec", { clause: "RFC 4035 §2.2; RFC 6840 §5.11" }),
  ZONE_CDS_INVALID: row("high", "dnssec", { clause: "RFC 7344 §4.1" }),
  ZONE_CDS_PENDING: row("low", "dnssec", { clause: "RFC 7344 §6.1; RFC 8078 §3" }),
  ZONE_ROLLOVER_STUCK: row("medium", "dnssec", { clause: "RFC 7583 §3; RFC 6781 §4.1" }),
  ZONE_SIGNER_STOPPED: row("critical", "dnssec", { clause: "RFC 6781 §4.4.2" }),
  ZONE_SIGNER_LATE: row("medium", "dnssec", { clause: "RFC 6781 §4.4.2" }),
  ZONE_SECONDARY_STALE: row("high", "dnssec", { clause: "RFC 1034 §4.3.5; RFC 1996" }),
  ZONE_SECONDARY_SIGNATURES: row("high", "dnssec", { clause: "RFC 4035 §2.2; RFC 1996" }),
  ZONE_SIGNATURE_NOT_YET_VALID: row("critical", "dnssec", { clause: "RFC 4035 §5.3.1; RFC 8914 (EDE 8)" }),
  ZONE_SIGNATURE_LIFETIME: row("low", "dnssec", { clause: "RFC 6781 §4.4.2" }),
  ZONE_SIGNATURE_UNDER_EXPIRE: row("low", "dnssec", { clause: "RFC 6781 §4.4.2.2" }),
  ZONE_DENIAL_BROKEN: row("critical", "dnssec", { clause: "RFC 4035 §3.1.3; RFC 5155 §7.2; RFC 8914 (EDE 12)" }),
  ZONE_NSEC3_ITERATIONS: row("medium", "dnssec", { clause: "RFC 9276 §3.1" }),
  ZONE_NSEC3_SALT: row("info", "dnssec", { clause: "RFC 9276 §3.1" }),
  ZONE_NSEC3_OPT_OUT: row("info", "dnssec", { clause: "RFC 9276 §3.1; RFC 5155 §6" }),
  ZONE_SERVERS_DIFFER: row("high", "service", { clause: "RFC 1034 §4.3.5; RFC 2181 §5" }),
  ZONE_RECORD_MISSING: row("high", "service", { clause: "RFC 1034 §4.3.2" }),
  ZONE_DELEGATION_DIFFERS: row("medium", "service", { clause: "RFC 1034 §4.2.2" }),
  ZONE_GLUE_WRONG: row("high", "service", { clause: "RFC 1034 §4.2.1" }),
  ZONE_NS_ALIAS: row("medium", "service", { clause: "RFC 2181 §10.3" }),
  ZONE_NS_UNRESOLVED: row("high", "service", { clause: "RFC 1034 §4.2.1; RFC 1912 §2.8" }),
  ZONE_SERVERS_SHARE_ADDRESS: row("medium", "service", { clause: "RFC 2182 §3" }),
  ZONE_REFERRAL_LARGE: row("low", "service", { clause: "RFC 9471 §2; RFC 9715 §3" }),
  ZONE_FEW_SERVERS: row("medium", "service", { clause: "RFC 2182 §5" }),
  ZONE_ONE_NETWORK: row("low", "service", { clause: "RFC 2182 §3.1" }),
  ZONE_ONE_AS: row("low", "service", { clause: "RFC 2182 §3.1" }),
  ZONE_NO_IPV6_SERVER: row("high", "ipv6", { clause: "Decree 224/2026/NĐ-CP art. 11.4; RFC 3901 §2" }),
  ZONE_SOA_TIMERS: row("low", "service", { clause: "RFC 1912 §2.2; RFC 2308 §5" }),
  ZONE_SERVER_ADDRESS_PRIVATE: row("medium", "service", { clause: "RFC 6890 §2.2" }),
  ZONE_SERVER_NO_REVERSE: row("low", "service", { clause: "RFC 1912 §2.1" }),
  ZONE_SOA_MASTER: row("low", "service", { clause: "RFC 1035 §3.3.13; RFC 1912 §2.2" }),
  ZONE_SOA_SEVERAL: row("high", "service", { clause: "RFC 2181 §6.1" }),
  ZONE_MX_MISSING: row("high", "service", { clause: "RFC 5321 §5.1" }),
  ZONE_MX_INVALID: row("medium", "service", { clause: "RFC 2181 §10.3; RFC 5321 §5.1; RFC 7505 §3" }),
  ZONE_MX_NO_IPV6: row("medium", "ipv6", { clause: "Decree 224/2026/NĐ-CP art. 11.4; RFC 5321 §5.1" }),
  ZONE_MX_INSECURE: row("low", "dnssec", { clause: "RFC 7672 §2.2.1" }),
  ZONE_SPF_MISSING: row("medium", "service", { clause: "RFC 7208 §3" }),
  ZONE_SPF_INVALID: row("medium", "service", { clause: "RFC 7208 §3.2 and §4.5" }),
  ZONE_SPF_LOOKUPS: row("medium", "service", { clause: "RFC 7208 §4.6.4" }),
  ZONE_SPF_WEAK: row("low", "service", { clause: "RFC 7208 §4.7 and §5.5" }),
  ZONE_DMARC_MISSING: row("medium", "service", { clause: "RFC 7489 §6.3" }),
  ZONE_DMARC_INVALID: row("medium", "service", { clause: "RFC 7489 §6.3 and §6.6.3" }),
  ZONE_DMARC_WEAK: row("low", "service", { clause: "RFC 7489 §6.3" }),
  ZONE_CAA_MISSING: row("low", "certificate", { clause: "RFC 8659 §3" }),
  ZONE_CAA_INVALID: row("medium", "certificate", { clause: "RFC 8659 §4.1" }),
  ZONE_TLSA_MISMATCH: row("high", "certificate", { clause: "RFC 6698 §2.1; RFC 7671 §5" }),
  ZONE_TLSA_NO_STARTTLS: row("high", "certificate", { clause: "RFC 7672 §2.2" }),
  ZONE_TLSA_UNUSABLE: row("medium", "certificate", { clause: "RFC 7672 §3.1" }),
  ZONE_TLSA_ONE_RECORD: row("info", "certificate", { clause: "RFC 7671 §8.1 and §8.4" }),
  ZONE_TLSA_UNPROTECTED: row("medium", "certificate", { clause: "RFC 6698 §4.1" }),
  // resolver
  RESOLVER_UNREACHABLE: row("high", "service", { needsPath: true, down: true, clause: "RFC 1034 §5" }),
  RESOLVER_ANSWER_BOGUS: row("critical", "dnssec", { clause: "RFC 4035 §5; RFC 8914 (EDE 6-10)" }),
  RESOLVER_NOT_VALIDATING: row("high", "dnssec", { clause: "RFC 4035 §4; RFC 6840 §5.7" }),
  RESOLVER_ACCEPTS_BOGUS: row("high", "dnssec", { clause: "RFC 4035 §4.9" }),
  RESOLVER_HIJACKED: row("critical", "dnssec", { clause: "RFC 3833 §2.1 and §2.4" }),
  RESOLVER_NOT_AS_PLANNED: row("high", "dnssec", { clause: "RFC 3833 §2.4" }),
  RESOLVER_ONE_FAMILY: row("medium", "ipv6", {
    needsPath: true,
    clause: "RFC 3901 §4; Decree 224/2026/NĐ-CP art. 11.4",
  }),
  RESOLVER_NO_IPV6_ONLY: row("medium", "ipv6", { clause: "RFC 3901 §4; Decree 224/2026/NĐ-CP art. 11.4" }),
  // certificate
  CERT_SERVICE_UNREACHABLE: row("high", "service", { needsPath: true, down: true, clause: IPV6 }),
  CERT_EXPIRED: row("critical", "certificate", { clause: PKIX }),
  CERT_NOT_YET_VALID: row("high", "certificate", { clause: PKIX }),
  CERT_EXPIRES_SOON: row("medium", "certificate", { clause: `${PKIX}; CA/B SC-081v3` }),
  CERT_UNTRUSTED: row("critical", "certificate", { clause: PKIX }),
  CERT_NAME_MISMATCH: row("high", "certificate", { clause: PKIX }),
  // path
  PATH_LOSS: row("high", "connectivity", { needsPath: true, clause: `${TSLCD}; RFC 7680` }),
  PATH_SLOW: row("medium", "connectivity", { needsPath: true, clause: `${TSLCD}; RFC 2681` }),
  PATH_MTU: row("high", "connectivity", { needsPath: true, clause: "RFC 8201 §4; RFC 2923 §2.1" }),
  // clock
  CLOCK_WRONG: row("high", "service", { clause: "RFC 8633 §3; Decree 333/2026 art. 7" }),
  TIME_SERVER_WRONG: row("high", "service", { needsPath: true, clause: "RFC 8633 §3.2; RFC 5905 §11.2" }),
  TIME_SERVER_UNREACHABLE: row("medium", "service", { needsPath: true, down: true, clause: "RFC 8633 §3.2" }),
  TIME_SERVER_UNSYNCHRONISED: row("medium", "service", { needsPath: true, clause: "RFC 5905 §7.3" }),
  // disk
  DISK_FULL: row("critical", "service", { clause: "Decree 333/2026 art. 7" }),
  DISK_ALMOST_FULL: row("high", "service", { clause: "Decree 333/2026 art. 7" }),
  // ra
  RA_UNPLANNED: row("high", "ipv6", { clause: "RFC 6104; RFC 6105" }),
  // device
  DEVICE_UNREACHABLE: row("high", "connectivity", { down: true, clause: "Decree 333/2026 art. 7" }),
  // page
  PAGE_DEFACED: row("critical", "service", { clause: "ATT&CK T1491.002; Decree 331/2026/NĐ-CP art. 31" }),
  PAGE_CHANGED: row("high", "service", { clause: "ATT&CK T1491.002" }),
  PAGE_FAILS: row("high", "service", { clause: "RFC 9110 §15" }),
  // made by the console itself
  AGENT_SILENT: row("medium", "agent", { needsPath: true, clause: "Decree 333/2026 art. 7" }),
} as const satisfies Record<string, TagRow>;
export type Tag = keyof typeof TAGS;

/** The row of a tag; an unknown one (a newer agent) is kept, shown, and treated as medium. */
export const tagRow = (tag: string): TagRow =>
  (TAGS as Record<string, TagRow>)[tag] ?? row("medium", "service", { clause: "" });

/** Detection classes: after this long without a new one, the incident is quiet. */
export const DETECTION_CLASSES: Record<string, { class: IncidentClass; quietAfterMs: number; clause: string }> = {
  "ssh-brute-force": {
    class: "intrusion",
    quietAfterMs: 120_000,
    clause: "ATT&CK T1110; Decree 331/2026/NĐ-CP art. 31",
  },
  "port-scan": {
    class: "intrusion",
    quietAfterMs: 120_000,
    clause: "ATT&CK T1046; Decree 331/2026/NĐ-CP art. 31",
  },
  flood: {
    class: "intrusion",
    quietAfterMs: 120_000,
    clause: "ATT&CK T1498.001; Decree 331/2026/NĐ-CP art. 31",
  },
  "bgp-hijack": { class: "intrusion", quietAfterMs: 600_000, clause: "RFC 7454 §6.1.4; RFC 6811" },
  "bgp-leak": { class: "intrusion", quietAfterMs: 600_000, clause: "RFC 7908 §3.6; RFC 7454 §6.1.1" },
};
