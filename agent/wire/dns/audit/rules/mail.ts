/** A domain that takes mail says who may send in its name: MX, SPF, DMARC. Others are left alone. */
import { prepend } from "../../name.ts";
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { answerOf, isAuthority, messageOf, type Probe, type ZoneSeen } from "../seen.ts";

export const mail: Rule = {
  id: "mail",
  clauses: ["RFC 5321 §5.1", "RFC 7208 §3 and §4.5", "RFC 7489 §6.3"],
  tags: ["ZONE_MX_MISSING", "ZONE_SPF_MISSING", "ZONE_SPF_INVALID", "ZONE_DMARC_MISSING", "ZONE_DMARC_WEAK"],
  run({ seen }) {
    const { zone, expects } = seen.plan;
    const mx = recordsOf(seen, "mx", zone, TYPE.MX);
    if (mx === undefined) return [];
    // Preference and a root label: "no mail here" (RFC 7505).
    const takesMail = mx.some(({ rdata }) => rdata.length > 3);
    if (!takesMail && expects?.mail !== true) return [];
    const out: AuditFinding[] = [];
    if (!takesMail) out.push({ subject: zone, tag: "ZONE_MX_MISSING", evidence: {} });
    return [...out, ...spf(seen), ...dmarc(seen)];
  },
};

function spf(seen: ZoneSeen): AuditFinding[] {
  const { zone } = seen.plan;
  const texts = recordsOf(seen, "txt", zone, TYPE.TXT)?.map(({ rdata }) => textOf(rdata));
  if (!texts) return [];
  const policies = texts.filter((text) => /^v=spf1( |$)/i.test(text));
  if (policies.length === 0) return [{ subject: zone, tag: "ZONE_SPF_MISSING", evidence: {} }];
  const open = policies.some((text) => /(^| )\+?all( |$)/i.test(text));
  const why = policies.length > 1 ? "several records" : open ? "everyone may send (+all)" : undefined;
  return why ? [{ subject: zone, tag: "ZONE_SPF_INVALID", evidence: { why, count: policies.length } }] : [];
}

function dmarc(seen: ZoneSeen): AuditFinding[] {
  const name = prepend("_dmarc", seen.plan.zone);
  const texts = recordsOf(seen, "dmarc", name, TYPE.TXT)?.map(({ rdata }) => textOf(rdata));
  if (!texts) return [];
  const [policy] = texts.filter((text) => /^v=DMARC1/i.test(text));
  if (policy === undefined) return [{ subject: name, tag: "ZONE_DMARC_MISSING", evidence: {} }];
  if (/;\s*p\s*=\s*(quarantine|reject)\b/i.test(policy)) return [];
  return [{ subject: name, tag: "ZONE_DMARC_WEAK", evidence: { policy: policy.slice(0, 200) } }];
}

/** As the first authority that was asked and answered has them; undefined when none did. */
function recordsOf(seen: ZoneSeen, probe: Probe, name: string, type: number) {
  const server = seen.servers.filter(isAuthority).find((one) => messageOf(one.probes[probe]) !== undefined);
  return server && answerOf(server.probes[probe], name, type);
}

/** Strings of a TXT record, joined without blanks (RFC 7208 §3.3). */
function textOf(rdata: Uint8Array): string {
  let text = "";
  for (let at = 0; at < rdata.length; at += 1 + rdata[at]!)
    text += Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString("latin1");
  return text;
}
