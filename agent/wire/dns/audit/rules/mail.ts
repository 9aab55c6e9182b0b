/** A domain that takes mail: its hosts can be reached, and it says who may send in its name: MX, SPF, DMARC. Others are left alone. */
import type { MailSeen } from "../collect-mail.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { isIpv6, type ZoneSeen } from "../seen.ts";
import { MAX_LOOKUPS, MAX_VOIDS, walkSpf } from "../spf.ts";

export const mail: Rule = {
  id: "mail",
  clauses: ["RFC 5321 §5.1", "RFC 7505", "RFC 7208 §3 and §4", "RFC 7489 §6.3", "RFC 7672 §2.2"],
  tags: [
    "ZONE_MX_MISSING",
    "ZONE_MX_INVALID",
    "ZONE_MX_NO_IPV6",
    "ZONE_MX_INSECURE",
    "ZONE_SPF_MISSING",
    "ZONE_SPF_INVALID",
    "ZONE_SPF_LOOKUPS",
    "ZONE_SPF_WEAK",
    "ZONE_DMARC_MISSING",
    "ZONE_DMARC_INVALID",
    "ZONE_DMARC_WEAK",
  ],
  run: ({ seen }) => (seen.mail ?? []).flatMap((one) => judge(one, seen)),
};

function judge(one: MailSeen, seen: ZoneSeen): AuditFinding[] {
  const { domain, mx } = one;
  const takesMail = mx.some(({ target }) => target !== ".");
  const expected = domain === seen.plan.zone && seen.plan.expects?.mail === true;
  // Only a root target: "no mail here" (RFC 7505), and that is all there is to say.
  if (!takesMail && !expected) return [];
  const missing: AuditFinding[] = takesMail ? [] : [{ subject: domain, tag: "ZONE_MX_MISSING", evidence: {} }];
  return [...missing, ...exchangers(one), ...unprotected(one, seen), ...spf(one), ...dmarc(one)];
}

function exchangers({ domain, mx, hosts }: MailSeen): AuditFinding[] {
  const out: AuditFinding[] = [];
  const wrong: string[] = [];
  if (mx.length > 1 && mx.some(({ target }) => target === ".")) wrong.push("null MX beside others");
  for (const { name, alias, addresses, failed } of hosts) {
    if (alias) wrong.push(`${name}: is an alias`);
    else if (!failed && addresses.length === 0) wrong.push(`${name}: leads to no address`);
  }
  if (wrong.length > 0) out.push({ subject: domain, tag: "ZONE_MX_INVALID", evidence: { wrong } });
  const known = hosts.filter(({ addresses }) => addresses.length > 0);
  if (known.length > 0 && !known.some(({ addresses }) => addresses.some((address) => isIpv6({ name: "", address })))) {
    const names = known.map(({ name }) => name);
    out.push({ subject: domain, tag: "ZONE_MX_NO_IPV6", evidence: { hosts: names } });
  }
  return out;
}

/** In a signed zone, mail goes to hosts whose own zones are not: whoever forges their addresses has the mail. */
function unprotected({ domain, mxSecure, hosts }: MailSeen, { chain }: ZoneSeen): AuditFinding[] {
  if (!mxSecure || chain.verdict.security !== "secure") return [];
  const names = hosts.filter(({ insecure, addresses }) => insecure && addresses.length > 0).map(({ name }) => name);
  return names.length === 0 ? [] : [{ subject: domain, tag: "ZONE_MX_INSECURE", evidence: { hosts: names } }];
}

function spf({ domain, spf: known }: MailSeen): AuditFinding[] {
  const walk = walkSpf(domain, known);
  const finding = (tag: AuditFinding["tag"], evidence: AuditFinding["evidence"]) => [
    { subject: domain, tag, evidence },
  ];
  if (walk.records === 0) {
    const own = known.get(`TXT ${domain}`);
    return own && own.kind !== "failed" ? finding("ZONE_SPF_MISSING", {}) : [];
  }
  if (walk.errors.length > 0) return finding("ZONE_SPF_INVALID", { why: [...walk.errors] });
  if (walk.end === "+") return finding("ZONE_SPF_INVALID", { why: ["everyone may send (+all)"] });
  if (walk.lookups > MAX_LOOKUPS || walk.voids > MAX_VOIDS) {
    const { lookups, voids } = walk;
    return finding("ZONE_SPF_LOOKUPS", { lookups, allowed: MAX_LOOKUPS, voids, voidsAllowed: MAX_VOIDS });
  }
  const weak: string[] = [];
  // What could not be asked may hold the end.
  const isWhole = [...known.values()].every(({ kind }) => kind !== "failed");
  if (isWhole && (walk.end === "none" || walk.end === "?")) weak.push("does not end with -all or ~all");
  if (walk.usesPtr) weak.push("uses ptr");
  return weak.length === 0 ? [] : finding("ZONE_SPF_WEAK", { wrong: weak });
}

function dmarc({ domain, dmarc: found }: MailSeen): AuditFinding[] {
  if (!found) return [];
  const subject = `_dmarc.${domain}`;
  const [policy, second] = found.texts;
  if (policy === undefined) return [{ subject, tag: "ZONE_DMARC_MISSING", evidence: {} }];
  // With several, a receiver uses none (§6.6.3).
  if (second !== undefined)
    return [{ subject, tag: "ZONE_DMARC_INVALID", evidence: { why: ["several records"], at: found.at } }];
  const value = (name: string) => new RegExp(`;\\s*${name}\\s*=\\s*([a-z]+)`, "i").exec(policy)?.[1]?.toLowerCase();
  // From above, the policy for names below counts first (§6.3, sp).
  const action = (found.at === domain ? undefined : value("sp")) ?? value("p");
  const evidence = { policy: policy.slice(0, 200), at: found.at };
  if (action === undefined || !["none", "quarantine", "reject"].includes(action)) {
    return [{ subject, tag: "ZONE_DMARC_INVALID", evidence: { why: ["no policy (p=)"], ...evidence } }];
  }
  return action === "none" ? [{ subject, tag: "ZONE_DMARC_WEAK", evidence }] : [];
}
