/** How each server answers what few ask: unknown EDNS, mixed case, AAAA, names of others. One finding a server and kind. */
import { nameToWire } from "../../name.ts";
import { UNKNOWN_OPTION } from "../../query.ts";
import { RCODE, rcodeName, TYPE } from "../../types.ts";
import { mixedCase } from "../collect.ts";
import type { AuditFinding, Rule } from "../rule.ts";
import { answerOf, at, isAuthority, messageOf, type Probe, type ServerSeen } from "../seen.ts";

export const manners: Rule = {
  id: "manners",
  clauses: ["RFC 6891 §6.1.1, §6.1.2, §6.1.4 and §7", "RFC 4343 §3 and §4.1", "RFC 4074 §4", "RFC 8906 §3"],
  tags: ["ZONE_SERVER_EDNS_STRICT", "ZONE_SERVER_CASE", "ZONE_SERVER_AAAA_FAILS", "ZONE_SERVER_REFERS_UP"],
  run: ({ seen }) =>
    seen.servers.filter((server) => !server.forwarded && isAuthority(server)).flatMap((s) => judge(s, seen.plan.zone)),
};

function judge(server: ServerSeen, zone: string): AuditFinding[] {
  const about = { server: server.name, address: server.address };
  const told = (tag: AuditFinding["tag"], wrong: readonly string[]): AuditFinding[] =>
    wrong.length === 0 ? [] : [{ subject: at(server), tag, evidence: { ...about, wrong: [...wrong] } }];
  // A server without EDNS is told as that (rules/reach.ts).
  const knowsEdns = messageOf(server.probes.soa)?.edns !== undefined;
  return [
    ...told("ZONE_SERVER_EDNS_STRICT", knowsEdns ? edns(server) : []),
    ...told("ZONE_SERVER_CASE", mixed(server, zone)),
    ...told("ZONE_SERVER_AAAA_FAILS", aaaa(server)),
    ...told("ZONE_SERVER_REFERS_UP", upward(server)),
  ];
}

/** What went wrong with a probe, in one word; undefined when it was answered, or not tried. */
function failure({ probes }: ServerSeen, probe: Probe): string | undefined {
  const reply = probes[probe];
  if (reply === undefined) return undefined;
  if ("failure" in reply) return reply.failure;
  return reply.message.rcode === RCODE.NOERROR ? undefined : rcodeName(reply.message.rcode);
}

function edns(server: ServerSeen): string[] {
  const wrong: string[] = [];
  const option = failure(server, "soa-option");
  const flag = failure(server, "soa-flag");
  if (option) wrong.push(`unknown option: ${option}`);
  if (flag) wrong.push(`unknown flag: ${flag}`);
  const echoed = (probe: Probe) =>
    messageOf(server.probes[probe])?.edns?.options.some(({ code }) => code === UNKNOWN_OPTION) ?? false;
  if (echoed("soa-option") || echoed("soa-edns1-option")) wrong.push("unknown option: sent back");
  if (((messageOf(server.probes["soa-flag"])?.edns?.flags ?? 0) & 0x7fff) !== 0) wrong.push("unknown flag: sent back");
  const small = messageOf(server.probes["dnskey-small"]);
  if (small?.truncated && !small.edns) wrong.push("answer cut without EDNS");
  return wrong;
}

function mixed(server: ServerSeen, zone: string): string[] {
  const failed = failure(server, "soa-case");
  if (failed) return [`name in mixed case: ${failed}`];
  const message = messageOf(server.probes["soa-case"]);
  if (!message) return [];
  if (answerOf(server.probes["soa-case"], zone, TYPE.SOA).length === 0) return ["name in mixed case: no answer"];
  const [question] = message.questions;
  const sent = Buffer.from(nameToWire(mixedCase(zone)));
  return question && !sent.equals(question.wire) ? ["case of the question changed"] : [];
}

function aaaa(server: ServerSeen): string[] {
  const failed = failure(server, "aaaa");
  return failed ? [failed] : [];
}

/** Asked for what is not its own, it points to the root (RFC 1034 §4.3.1 has it say what it knows, and it knows nothing). */
function upward(server: ServerSeen): string[] {
  const message = messageOf(server.probes.foreign);
  const points =
    message?.rcode === RCODE.NOERROR && message.authority.some((r) => r.type === TYPE.NS && r.name === ".");
  return points ? ["refers to the root"] : [];
}
