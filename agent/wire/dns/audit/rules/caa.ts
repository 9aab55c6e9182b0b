/** Which authorities may issue certificates for the zone's names (RFC 8659): said where the plan wants it, and said readably. */
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { answerOf, isAuthority, messageOf } from "../seen.ts";

/** Registered property tags (IANA, Certification Authority Restriction Properties). */
const KNOWN = new Set(["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"]);
const CRITICAL = 0x80;

export const caa: Rule = {
  id: "caa",
  clauses: ["RFC 8659 §3 and §4.1"],
  tags: ["ZONE_CAA_MISSING", "ZONE_CAA_INVALID"],
  run({ seen }) {
    const { zone, expects } = seen.plan;
    const server = seen.servers.filter(isAuthority).find((one) => messageOf(one.probes.caa) !== undefined);
    if (!server) return [];
    const records = answerOf(server.probes.caa, zone, TYPE.CAA);
    const missing: AuditFinding[] = [{ subject: zone, tag: "ZONE_CAA_MISSING", evidence: {} }];
    if (records.length === 0) return expects?.caa === true ? missing : [];
    const wrong = records.map(({ rdata }) => whyInvalid(rdata)).filter((why) => why !== undefined);
    return wrong.length === 0
      ? []
      : [{ subject: zone, tag: "ZONE_CAA_INVALID", evidence: { why: wrong.slice(0, 16) } }];
  },
};

/** An authority that does not know a critical property must not issue at all (§4.1). */
function whyInvalid(rdata: Uint8Array): string | undefined {
  const [flags = 0, length = 0] = rdata;
  const tag = Buffer.from(rdata.subarray(2, 2 + length)).toString("latin1");
  if (length === 0 || rdata.length < 2 + length || !/^[a-z0-9]+$/i.test(tag)) return "property tag cannot be read";
  if (KNOWN.has(tag.toLowerCase())) return undefined;
  return (flags & CRITICAL) !== 0 ? `unknown property, so that nobody may issue: ${tag}` : undefined;
}
