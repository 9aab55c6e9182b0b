/** The zone's keys: algorithms, sizes, and that every algorithm in use signs everything. */
import { parseDnskey } from "../../dnskey.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { at, isAuthority, label } from "../seen.ts";
import { keysOf, zoneKeys } from "../table.ts";

/** RFC 8624 §3.1: MUST NOT or NOT RECOMMENDED for signing. */
const WEAK: ReadonlyMap<number, string> = new Map([
  [1, "RSAMD5"],
  [3, "DSA"],
  [5, "RSASHA1"],
  [6, "DSA-NSEC3-SHA1"],
  [7, "RSASHA1-NSEC3-SHA1"],
  [12, "ECC-GOST"],
]);
const RSA = [1, 5, 7, 8, 10];

export const keys: Rule = {
  id: "keys",
  clauses: ["RFC 8624 §3.1", "RFC 4035 §2.2", "RFC 6840 §5.11"],
  tags: ["ZONE_ALGORITHM_WEAK", "ZONE_KEY_SHORT", "ZONE_ALGORITHM_INCOMPLETE"],
  run: (input) => [...strength(input), ...incomplete(input)],
};

function strength({ seen, policy }: RuleInput): AuditFinding[] {
  const out: AuditFinding[] = [];
  for (const record of zoneKeys(seen)) {
    const key = parseDnskey(record.rdata);
    if (!key?.zoneKey || key.revoked) continue;
    const weak = WEAK.get(key.algorithm);
    const subject = `${seen.plan.zone} DNSKEY ${key.keyTag}`;
    const evidence = { keyTag: key.keyTag, algorithm: key.algorithm };
    if (weak) out.push({ subject, tag: "ZONE_ALGORITHM_WEAK", evidence: { ...evidence, mnemonic: weak } });
    const bits = RSA.includes(key.algorithm) ? rsaBits(key.publicKey) : undefined;
    if (bits !== undefined && bits < policy.minRsaBits) {
      out.push({ subject, tag: "ZONE_KEY_SHORT", evidence: { ...evidence, bits, atLeast: policy.minRsaBits } });
    }
  }
  return out;
}

/** Bits of an RSA modulus (RFC 3110 §2). */
function rsaBits(octets: Uint8Array): number {
  const long = octets[0] === 0;
  const size = long ? ((octets[1] ?? 0) << 8) | (octets[2] ?? 0) : (octets[0] ?? 0);
  const modulus = octets.subarray((long ? 3 : 1) + size);
  const start = modulus.findIndex((octet) => octet !== 0);
  return start < 0 ? 0 : (modulus.length - start) * 8 - Math.clz32(modulus[start]!) + 24;
}

/** Each algorithm of the DNSKEY RRset signs each RRset (RFC 4035 §2.2); one finding for each algorithm, with the servers that show it. */
function incomplete({ seen, rrsets }: RuleInput): AuditFinding[] {
  const found = new Map<number, { lacking: Set<string>; servers: string[] }>();
  for (const server of seen.servers.filter(isAuthority)) {
    const parsed = keysOf(server, seen.plan.zone).map((record) => parseDnskey(record.rdata));
    const algorithms = new Set(parsed.filter((key) => key?.zoneKey && !key.revoked).map((key) => key!.algorithm));
    if (algorithms.size < 2) continue;
    const signed = rrsets.filter((set) => set.server === server && set.signatures.length > 0);
    for (const algorithm of algorithms) {
      const lacking = signed.filter((set) => !set.signatures.some((one) => one.algorithm === algorithm)).map(label);
      if (lacking.length === 0) continue;
      const known = found.get(algorithm) ?? { lacking: new Set(), servers: [] };
      for (const name of lacking) known.lacking.add(name);
      known.servers.push(at(server));
      found.set(algorithm, known);
    }
  }
  return [...found].map(([algorithm, { lacking, servers }]) => {
    const evidence = {
      algorithm,
      count: lacking.size,
      rrsets: [...lacking].slice(0, 64),
      servers: servers.slice(0, 64),
    };
    return { subject: `${seen.plan.zone} DNSKEY alg-${algorithm}`, tag: "ZONE_ALGORITHM_INCOMPLETE", evidence };
  });
}
