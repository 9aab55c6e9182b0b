/** Does each server prove that what is not there is not there, and are the NSEC3 parameters what they should be? */
import { prepend } from "../../name.ts";
import { startRun } from "../../resolve.ts";
import { classify, signedRrsets } from "../../resolver/classify.ts";
import { TYPE } from "../../types.ts";
import { Denials } from "../../validator/denial.ts";
import { verifySigned } from "../../validator/signed.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import {
  answerOf,
  at,
  isAuthority,
  messageOf,
  type Reply,
  type RrsetName,
  type ServerSeen,
  speaks,
  type ZoneSeen,
} from "../seen.ts";
import { keysOf } from "../table.ts";

export const denial: Rule = {
  id: "denial",
  clauses: ["RFC 4035 §3.1.3", "RFC 5155 §7.2", "RFC 9276 §3.1"],
  tags: ["ZONE_DENIAL_BROKEN", "ZONE_NSEC3_ITERATIONS", "ZONE_NSEC3_SALT", "ZONE_NSEC3_OPT_OUT"],
  run: (input) => [...unprovenBy(input), ...parameters(input), ...optOut(input)],
};

/** One finding when all servers fail alike: it is the zone; else one for each server that does. */
function unprovenBy({ seen }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const servers = seen.servers.filter(isAuthority);
  const failing = servers.flatMap((server) => {
    const broken = brokenAt(seen, server);
    return broken.length === 0 ? [] : [{ server, broken }];
  });
  const [first] = failing;
  if (failing.length === servers.length && failing.every(({ broken }) => broken.join() === first!.broken.join())) {
    const evidence = { broken: first?.broken ?? [], servers: servers.map(at).slice(0, 64) };
    return first ? [{ subject: zone, tag: "ZONE_DENIAL_BROKEN", evidence }] : [];
  }
  return failing.map(({ server, broken }) => {
    const evidence = { server: server.name, address: server.address, broken };
    return { subject: at(server), tag: "ZONE_DENIAL_BROKEN", evidence };
  });
}

function brokenAt(seen: ZoneSeen, server: ServerSeen): string[] {
  const { zone, probe } = seen.plan;
  if (keysOf(server, zone).length === 0) return [];
  const asked: readonly (readonly [RrsetName, Reply | undefined])[] = [
    [{ name: prepend(probe, zone), type: TYPE.A }, server.probes.absent],
    [{ name: zone, type: TYPE.HINFO }, server.probes.nodata],
  ];
  return asked.flatMap(([question, reply]) => {
    const why = unproven(seen.atSeconds, zone, question, reply, server);
    return why ? [`${question.type === TYPE.A ? "name that does not exist" : "type that does not exist"}: ${why}`] : [];
  });
}

/** Why the absence is not proven; undefined when it is, or when the reply says something else (a wildcard, a failure). */
function unproven(
  now: number,
  zone: string,
  question: RrsetName,
  reply: Reply | undefined,
  server: ServerSeen,
): string | undefined {
  const message = messageOf(reply);
  if (!message || !speaks(server, message)) return undefined;
  const response = classify(message, question, { zone, server: server.address, recursive: server.forwarded === true });
  if (response.kind !== "nxdomain" && response.kind !== "nodata") return undefined;
  const run = startRun(OFFLINE, now);
  const signer = { zone, keys: keysOf(server, zone), needs: [] };
  const verified = [];
  for (const set of signedRrsets(message.authority)) {
    if (set.type !== TYPE.NSEC && set.type !== TYPE.NSEC3) continue;
    const signed = verifySigned(run, set, signer);
    // Signatures out of their time are told by the rule on signatures.
    const untimely =
      !signed.ok && (signed.reason === "signature-expired" || signed.reason === "signature-not-yet-valid");
    if (untimely) return undefined;
    if (!signed.ok) return signed.reason;
    verified.push({ set, signed });
  }
  const denials = new Denials(run, zone, verified);
  const proof =
    response.kind === "nxdomain" ? denials.nameError(question.name) : denials.nodata(question.name, question.type);
  return proof.security === "bogus" ? proof.reason : undefined;
}

/** A configuration for judging what is already here: nothing is asked. */
const OFFLINE = {
  hints: [],
  routes: [],
  anchors: { anchors: [], negative: [] },
  ipv4: false,
  ipv6: false,
  maxNsec3Iterations: 65_535,
  forwardCheckingDisabled: false,
};

function parameters({ seen }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const record = seen.servers
    .map((server) => answerOf(server.probes.nsec3param, zone, TYPE.NSEC3PARAM)[0])
    .find((one) => one !== undefined);
  if (!record || record.rdata.length < 5) return [];
  const iterations = (record.rdata[2]! << 8) | record.rdata[3]!;
  const saltOctets = record.rdata[4]!;
  const out: AuditFinding[] = [];
  if (iterations > 0) out.push({ subject: zone, tag: "ZONE_NSEC3_ITERATIONS", evidence: { iterations, shouldBe: 0 } });
  if (saltOctets > 0) out.push({ subject: zone, tag: "ZONE_NSEC3_SALT", evidence: { saltOctets, shouldBe: 0 } });
  return out;
}

/** Names could be slipped in between unseen; meant for registries with many unsigned children (RFC 9276 §3.1). */
function optOut({ seen }: RuleInput): AuditFinding[] {
  const uses = seen.servers
    .filter(isAuthority)
    .some((server) =>
      [server.probes.absent, server.probes.nodata].some((reply) =>
        (messageOf(reply)?.authority ?? []).some(
          ({ type, rdata }) => type === TYPE.NSEC3 && ((rdata[1] ?? 0) & 1) !== 0,
        ),
      ),
    );
  return uses ? [{ subject: seen.plan.zone, tag: "ZONE_NSEC3_OPT_OUT", evidence: {} }] : [];
}
