/** Each server at each address: does it answer, with authority, over both transports, with EDNS as it should? */
import { RCODE, rcodeName, TYPE } from "../../types.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { answerOf, at, messageOf, type ServerSeen } from "../seen.ts";

export const reach: Rule = {
  id: "reach",
  clauses: ["RFC 1034 §4.1", "RFC 7766 §5", "RFC 6891 §6.1.3 and §7", "RFC 8906"],
  tags: [
    "ZONE_SERVER_UNREACHABLE",
    "ZONE_SERVER_REFUSES",
    "ZONE_SERVER_NO_TCP",
    "ZONE_SERVER_NO_EDNS",
    "ZONE_SERVER_EDNS_VERSION",
  ],
  run: ({ seen }) =>
    seen.servers.filter((server) => !server.forwarded).flatMap((server) => judge(server, seen.plan.zone)),
};

function judge(server: ServerSeen, zone: string): AuditFinding[] {
  const { probes } = server;
  const about = { server: server.name, address: server.address };
  const finding = (tag: AuditFinding["tag"], more: AuditFinding["evidence"] = {}): AuditFinding => ({
    subject: at(server),
    tag,
    evidence: { ...about, ...more },
  });
  const soa = messageOf(probes.soa);
  const tcp = messageOf(probes["soa-tcp"]);
  if (!soa) {
    const why = probes.soa && "failure" in probes.soa ? probes.soa.failure : "not asked";
    // One finding for one cause: whether TCP would have answered stands in the evidence.
    return [finding("ZONE_SERVER_UNREACHABLE", { why, overTcp: tcp !== undefined })];
  }
  const plain = messageOf(probes["soa-plain"]);
  const dislikesEdns = soa.rcode === RCODE.FORMERR || soa.rcode === RCODE.NOTIMP;
  if (dislikesEdns && plain?.rcode === RCODE.NOERROR)
    return [finding("ZONE_SERVER_NO_EDNS", { why: rcodeName(soa.rcode) })];
  if (soa.rcode !== RCODE.NOERROR) return [finding("ZONE_SERVER_REFUSES", { why: rcodeName(soa.rcode) })];
  if (!soa.authoritative || answerOf(probes.soa, zone, TYPE.SOA).length === 0) {
    return [finding("ZONE_SERVER_REFUSES", { why: "not authoritative" })];
  }
  const out: AuditFinding[] = [];
  if (!tcp) out.push(finding("ZONE_SERVER_NO_TCP", { why: failureOf(probes["soa-tcp"]) }));
  if (!soa.edns) out.push(finding("ZONE_SERVER_NO_EDNS", { why: "no OPT in the answer" }));
  // With an option beside it too: some stumble over the two together only.
  const wrong = [probes["soa-edns1"], probes["soa-edns1-option"]].find(
    (reply) => reply !== undefined && messageOf(reply)?.rcode !== RCODE.BADVERS,
  );
  if (soa.edns && wrong) {
    const why = "message" in wrong ? rcodeName(wrong.message.rcode) : wrong.failure;
    out.push(finding("ZONE_SERVER_EDNS_VERSION", { expected: "BADVERS", why }));
  }
  return out;
}

const failureOf = (reply: ServerSeen["probes"]["soa"]): string =>
  reply && "failure" in reply ? reply.failure : "not asked";
