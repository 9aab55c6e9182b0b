/** Servers of an own zone that do more than they should: answer for others, give the whole zone to anyone. */
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { answerOf, at, messageOf } from "../seen.ts";

export const open: Rule = {
  id: "open",
  clauses: ["RFC 5358 §4", "RFC 5936 §6"],
  tags: ["ZONE_SERVER_RECURSES", "ZONE_SERVER_TRANSFERS"],
  run({ seen }) {
    return seen.servers.flatMap((server) => {
      const out: AuditFinding[] = [];
      const evidence = { server: server.name, address: server.address };
      const recursion = messageOf(server.probes.recursion);
      if (recursion?.recursionAvailable && recursion.rcode === 0 && recursion.answer.length > 0) {
        out.push({ subject: at(server), tag: "ZONE_SERVER_RECURSES", evidence });
      }
      const transferred = answerOf(server.probes.transfer, seen.plan.zone, TYPE.SOA);
      if (transferred.length > 0) out.push({ subject: at(server), tag: "ZONE_SERVER_TRANSFERS", evidence });
      return out;
    });
  },
};
