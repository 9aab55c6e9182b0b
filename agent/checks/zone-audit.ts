// A zone's whole audit, every few minutes from one place: chain of trust, delegation, each server's manners, keys, rollovers,
// denial of existence, names below the apex. What the check `zone` says every few seconds is left to it, so that one fault is
// one finding and its end is seen as soon as that check sees it.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check } from "../check.ts";
import { DEFAULT_POLICY } from "../wire/dns/audit/index.ts";
import { memoryText, readMemory } from "../wire/dns/audit/memory.ts";
import { canonicalName, typeNumber } from "../wire/dns/index.ts";
import type { ResolverConfig } from "../wire/dns/resolver/machine.ts";
import { readTsigKey } from "../wire/dns/tsig-key.ts";
import { readAnchors } from "../wire/dns/validator/anchors.ts";
import { Driver } from "../wire/dns-drive.ts";
import { familiesReached } from "../wire/dns-reach.ts";
import { auditZone } from "../wire/zone-audit.ts";

type Expects = TargetOf<"zone-audit">["expects"];

export const zoneAudit: Check<"zone-audit"> = {
  id: "zone-audit",
  kind: "zone-audit",
  sees: "network",
  clauses: ["RFC 4035", "RFC 9364", "RFC 8906", "RFC 2182", "Circular 32/2017/TT-BTTTT art. 15.4"],
  async run({ expects }, world, before) {
    const driver = new Driver(world);
    const { ipv4, ipv6 } = await familiesReached(expects.hints, driver);
    if (!ipv4 && !ipv6) return { skipped: "no root server answers from here, so the chain cannot be followed" };
    const names = rrsetsOf(expects);
    const label = `vg-${world.random16().toString(16)}${world.random16().toString(16)}`;
    const keyText = world.transferKey();
    const key = keyText === undefined ? undefined : readTsigKey(keyText);
    const { seen, findings, memory, transferFailed } = await auditZone(driver, Math.floor(world.now() / 1_000), {
      config: configOf(expects, ipv4, ipv6),
      plan: {
        zone: canonicalName(expects.zone),
        names,
        probe: label,
        own: true,
        expects: { ...expects.holds, origins: expects.servers },
      },
      policy: { ...DEFAULT_POLICY, warnFraction: expects.warnFraction },
      before: readMemory(before),
      tls: {
        connect: (to, name) => world.connectTls(to, name, "", TLS_TIMEOUT_MS),
        connectSmtp: (to, name) => world.connectSmtpTls(to, name, "", TLS_TIMEOUT_MS),
      },
      transfer: { doors: world, port: 53, ...(key && { key }) },
    });
    const { security, reason } = seen.chain.verdict;
    const stages = memory.stages.map(({ name, keyTags }) => `${name} ${keyTags.join(" ")}`);
    return {
      findings: findings.filter((finding) => !isToldElsewhere(finding, expects)),
      facts: {
        chain: security,
        reason,
        servers: seen.servers.length,
        ...(stages.length > 0 && { stages }),
        ...(transferFailed && { transfer: transferFailed }),
      },
      memory: memoryText(memory.next),
    };
  },
};

const TLS_TIMEOUT_MS = 3_000;

function configOf({ hints, anchors }: Expects, ipv4: boolean, ipv6: boolean): ResolverConfig {
  return {
    hints,
    routes: [],
    anchors: readAnchors(anchors),
    ipv4,
    ipv6,
    maxNsec3Iterations: 150,
    forwardCheckingDisabled: true,
    leaveSilent: true,
  };
}

function rrsetsOf({ names }: Expects) {
  return names.map(({ name, type }) => {
    const number = typeNumber(type);
    if (number === undefined) throw new Error(`not a record type: ${type}`);
    return { name: canonicalName(name), type: number };
  });
}

const OF_SERVERS = new Set(["ZONE_SERVER_UNREACHABLE", "ZONE_SERVER_REFUSES"]);
const OF_SIGNATURES = new Set(["ZONE_SIGNATURE_MISSING", "ZONE_SIGNATURE_BOGUS"]);

/** The check `zone` looks at each server, at the apex and at these names, and is far quicker to see an end. */
function isToldElsewhere({ tag, subject }: Finding, { zone, names }: Expects): boolean {
  if (OF_SERVERS.has(tag)) return true;
  if (!OF_SIGNATURES.has(tag)) return false;
  const apex = canonicalName(zone);
  const watched = [`${apex}/SOA`, `${apex}/DNSKEY`, ...names.map(({ name, type }) => `${canonicalName(name)}/${type}`)];
  return watched.includes(subject);
}
