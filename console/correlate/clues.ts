// Reports in, clues out: which findings are open, who sees them, and of which asset they speak. Pure.
import { type Finding, type Report, type Target, tagRow } from "../../protocol/index.ts";
import type { Clue, State } from "./state.ts";
import type { Topology } from "./topology.ts";

/**
 * Takes one report in. A report that ran is the whole truth of its target: clues that it does not have are over.
 * A skipped or broken run changes nothing. Returns whether a clue, or who has a healthy view, changed.
 */
export function applyReport(state: State, agent: string, report: Report): boolean {
  if (report.outcome !== "ran") return false;
  const topology = state.topology;
  const target = topology?.targets.get(report.target);
  if (!topology || !target || target.agent !== agent) return false;
  const run = `${agent}\n${report.check}\n${report.target}`;
  const before = state.lastRun.get(run);
  if (before?.length === 0 && report.findings.length === 0) return false;
  let changed = before === undefined;
  const ids: string[] = [];
  for (const finding of report.findings) {
    const clue = clueOf(topology, target, agent, report, finding);
    ids.push(clue.id);
    if (putClue(state, clue)) changed = true;
  }
  for (const id of before ?? [])
    if (!ids.includes(id)) {
      touch(state, state.clues.get(id));
      state.clues.delete(id);
      changed = true;
    }
  state.lastRun.set(run, ids);
  // Who sees a link healthy decides whether a host is down.
  if (changed && target.kind === "link") state.derived.networkTouched = true;
  return changed;
}

/** Keeps a clue under its id; what is known already keeps its place and its beginning. Returns whether that changed anything. */
function putClue(state: State, clue: Clue): boolean {
  const known = state.clues.get(clue.id);
  if (known) {
    clue.since = known.since;
    clue.n = known.n;
    if (JSON.stringify(known.evidence) === JSON.stringify(clue.evidence)) return false;
  } else clue.n = ++state.lastClue;
  state.clues.set(clue.id, clue);
  touch(state, clue);
  return true;
}

function touch(state: State, clue: Clue | undefined): void {
  if (clue) state.derived.touchedClues.set(clue.id, clue);
}

/** Forgets clues whose target is no longer watched. */
export function dropUnwatched(state: State): void {
  state.derived.stale = true;
  for (const [id, clue] of state.clues) {
    const target = state.topology?.targets.get(clue.target);
    if (target?.agent !== clue.agent) state.clues.delete(id);
  }
  for (const run of state.lastRun.keys()) {
    const target = run.slice(run.lastIndexOf("\n") + 1);
    if (!state.topology?.targets.has(target)) state.lastRun.delete(run);
  }
}

function clueOf(topology: Topology, target: Target, agent: string, report: Report, finding: Finding): Clue {
  const dependsOn = dependencyOf(topology, target, finding);
  return {
    id: [agent, report.check, report.target, finding.subject, finding.tag].join("\n"),
    n: 0,
    agent,
    agency: target.agency,
    from: topology.hostOfAgent.get(agent) ?? agent,
    check: report.check,
    target: report.target,
    subject: finding.subject,
    tag: finding.tag,
    row: tagRow(finding.tag),
    asset: assetOf(target, finding),
    ...(dependsOn === undefined ? {} : { dependsOn }),
    since: report.at,
    evidence: finding.evidence,
  };
}

/** Most findings speak of their target's asset; of a zone's server or a name's zone when the subject names one. */
function assetOf(target: Target, finding: Finding): string {
  const words = wordsOf(finding);
  if ((target.kind === "zone" || target.kind === "zone-audit") && finding.tag.startsWith("ZONE_SERVER_"))
    return target.expects.servers.find((s) => words.includes(s.address))?.asset ?? target.asset;
  // Bogus, or out of reach for one name alone: that is the name's zone, the resolver only says so.
  if (target.kind === "resolver" && (finding.tag === "RESOLVER_ANSWER_BOGUS" || finding.tag === "RESOLVER_UNREACHABLE"))
    return target.expects.names.find((n) => words.includes(n.name))?.zoneAsset ?? target.asset;
  if (target.kind === "clock" && finding.tag.startsWith("TIME_SERVER_"))
    return target.expects.servers.find((s) => words.includes(s.address))?.asset ?? target.asset;
  // Of what happens on this host's own way to its resolver, the resolver knows nothing.
  if (finding.tag === "RESOLVER_HIJACKED" || finding.tag === "RESOLVER_NOT_AS_PLANNED") return target.agent;
  return target.asset;
}

function dependencyOf(topology: Topology, target: Target, finding: Finding): string | undefined {
  if (target.kind === "ipv6" && finding.tag === "IPV6_SERVICE_UNREACHABLE")
    return topology.serviceAt.get(target.expects.service.address);
  if (target.kind === "datacentre" && finding.tag === "DC_UNREACHABLE") {
    const words = wordsOf(finding);
    const probe = target.expects.probes.find((p) => words.includes(p.address)) ?? target.expects.probes[0];
    return probe && topology.serviceAt.get(probe.address);
  }
  return undefined;
}

/** A subject is words with blanks or slashes between: "ns1.example 2001:db8::5", "portal.example/AAAA". */
const wordsOf = (finding: Finding): string[] => finding.subject.split(/[\s/]+/);
