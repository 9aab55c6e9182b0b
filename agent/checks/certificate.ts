// A TLS service on every one of its addresses, IPv4 and IPv6 alike: it answers, its chain leads to the roots of the plan, the
// name fits, and enough of the shortest lifetime in the chain is left.
import { X509Certificate } from "node:crypto";
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, TlsSeen } from "../check.ts";
import { firstToEnd, fractionLeft, leadsTo, objection, pemBlocks } from "../wire/x509.ts";

const TIMEOUT_MS = 3_000;
const DAY_MS = 86_400_000;

type Expects = TargetOf<"certificate">["expects"];

export const certificate: Check<"certificate"> = {
  id: "certificate",
  kind: "certificate",
  sees: "network",
  clauses: ["RFC 5280 §6.1", "RFC 9525", "CA/B Forum SC-081v3"],
  async run({ expects }, world) {
    const connect = expects.starttls === "smtp" ? world.connectSmtpTls : world.connectTls;
    const seen = await Promise.all(
      expects.addresses.map(async (address) => {
        const result = await connect({ address, port: expects.port }, expects.name, expects.roots, TIMEOUT_MS);
        return { address, result };
      }),
    );
    const now = world.now();
    const ends = seen.flatMap(({ result }) => (result.ok ? [firstToEnd(result.chain)?.validToDate.getTime()] : []));
    const earliest = Math.min(...ends.filter((end) => end !== undefined));
    return {
      findings: seen.flatMap(({ address, result }) =>
        result.ok
          ? judge(address, result, expects, now)
          : [
              {
                subject: address,
                tag: "CERT_SERVICE_UNREACHABLE",
                evidence: { name: expects.name, address, port: expects.port, why: result.why, detail: result.detail },
              },
            ],
      ),
      ...(Number.isFinite(earliest) && { facts: { daysLeft: Math.floor((earliest - now) / DAY_MS) } }),
    };
  },
};

function judge(address: string, seen: TlsSeen, expects: Expects, now: number): Finding[] {
  const findings: Finding[] = [];
  const found = (tag: string, evidence: Finding["evidence"]) =>
    findings.push({ subject: address, tag, evidence: { name: expects.name, address, ...evidence } });
  const [leaf] = seen.chain;
  if (!leaf) {
    found("CERT_UNTRUSTED", { why: "no certificate was served" });
    return findings;
  }
  const distrust = whyUntrusted(seen, expects.roots);
  if (distrust) found("CERT_UNTRUSTED", { why: distrust, issuer: oneLine(leaf.issuer) });
  if (leaf.checkHost(expects.name) === undefined)
    found("CERT_NAME_MISMATCH", { names: (leaf.subjectAltName ?? "none").slice(0, 500) });
  const early = seen.chain.find((c) => c.validFromDate.getTime() > now);
  if (early) found("CERT_NOT_YET_VALID", { subject: oneLine(early.subject), from: early.validFromDate.toISOString() });
  judgeEnd(seen, expects.warnFraction, now, found);
  return findings;
}

function judgeEnd(
  seen: TlsSeen,
  warnFraction: number,
  now: number,
  found: (tag: string, e: Finding["evidence"]) => void,
) {
  const first = firstToEnd(seen.chain)!;
  const evidence = { subject: oneLine(first.subject), until: first.validToDate.toISOString() };
  if (first.validToDate.getTime() <= now) return found("CERT_EXPIRED", evidence);
  // Each certificate has a lifetime of its own: an intermediate of ten years is late at another time than a leaf of ninety days.
  const late = seen.chain.find((c) => fractionLeft(c, now) < warnFraction);
  if (late) found("CERT_EXPIRES_SOON", { subject: oneLine(late.subject), until: late.validToDate.toISOString() });
}

function whyUntrusted(seen: TlsSeen, roots: string): string | undefined {
  const against = objection(seen.verdict);
  if (against || roots === "") return against;
  const trusted = pemBlocks(roots).map((pem) => new X509Certificate(pem));
  return leadsTo(trusted, seen.chain) ? undefined : "no path to the roots of the plan";
}

const oneLine = (name: string) => name.replaceAll("\n", ", ").slice(0, 300);
