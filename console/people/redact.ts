// An incident as somebody of some agencies may know it: their own part, and nothing of the others': no name, count, address or
// attacker. Rules: built anew from what is allowed, so that a field which is added elsewhere stays out until it is let in
// here; free text and people's names stay out, because nobody can say whom they speak of; what was before their part began
// stays out. Pure.
import type { CasePart, CaseState, Task, WorkEvent } from "../../protocol/casework.ts";
import type { Impact, Incident, IncidentEvent, IncidentEvidence } from "../../protocol/incident.ts";
import type { Sight } from "./scope.ts";

/** Whoever acted at the security centre, to those outside it. */
export const CENTRE = "centre";

/** True when these agencies have a part in it: they suffer from it, or saw it. The record's query says the same. */
export const concerns = (incident: Incident, scope: ReadonlySet<string>): boolean =>
  [...incident.impact.lost, ...incident.impact.degraded, ...incident.impact.affected].some((a) => scope.has(a)) ||
  incident.evidence.some((e) => scope.has(e.agency));

/** Who joins so soon after an incident opened was in it from the beginning: the parts of one event come in one after the other. */
const TOGETHER_MS = 1_000;

/**
 * The part of an incident that this sight may know; `joinedAt` is when their part began, where that is known. Whether it may know of the incident at all is the query's to say
 * (store/scoped.ts): one that concerned it once and no more is told with an empty part.
 */
export function redact(incident: Incident, sight: Sight, viewer = "", joinedAt = 0): Incident {
  const evidence = incident.evidence.filter((e) => isOwn(e, sight)).map(ownEvidence);
  const { owner } = incident;
  const openedAt = joinedAt - incident.openedAt > TOGETHER_MS ? joinedAt : incident.openedAt;
  const known = (at: number | undefined) => (at === undefined || at < openedAt ? undefined : at);
  const [reopenedAt, recoveredAt] = [known(incident.reopenedAt), known(incident.recoveredAt)];
  const [closedAt, quietAt] = [known(incident.closedAt), known(incident.quietAt)];
  // Without evidence of one's own the earliest is another's: whoever joined late is not told of it.
  const earliestAt = openedAt === incident.openedAt ? incident.detectedAt : openedAt;
  return {
    id: incident.id,
    cause: causeOf(incident, evidence, sight),
    class: incident.class,
    severity: incident.severity,
    state: incident.state,
    detectedAt: evidence.length === 0 ? earliestAt : Math.min(...evidence.map((e) => e.since)),
    openedAt,
    ...(reopenedAt === undefined ? {} : { reopenedAt }),
    ...(recoveredAt === undefined ? {} : { recoveredAt }),
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(quietAt === undefined ? {} : { quietAt }),
    ...(owner === undefined ? {} : { owner: person(owner, viewer) }),
    impact: impactOf(incident.impact, sight.scope),
    explains: incident.explains.filter((id) => sight.own.has(id)),
    evidence,
    history: incident.history.map((e) => since(e, openedAt)).flatMap((e) => eventOf(e, viewer)),
    restricted: true,
  };
}

/** Tasks that are meant for one of these agencies, in the order in which they were made: a place among them never changes. */
export const tasksFor = (state: CaseState, scope: ReadonlySet<string>): Task[] =>
  state.tasks.filter((t) => (t.agencies ?? []).some((a) => scope.has(a)));

/**
 * The part of the work that these agencies are told of: comments that were written to them or by them, tasks that are meant for them.
 * Neither the ids nor the numbers of what is the others' or the centre's; a person of another agency is never named.
 */
export function partOfCase(
  state: CaseState,
  events: readonly WorkEvent[],
  scope: ReadonlySet<string>,
  viewer: string,
): CasePart {
  const addressed = (e: WorkEvent) => [e.detail["agencies"] ?? []].flat().some((a) => scope.has(String(a)));
  const from = (e: WorkEvent) => {
    const agency = String(e.detail["from"] ?? "");
    return e.by === viewer ? viewer : scope.has(agency) ? agency : CENTRE;
  };
  return {
    restricted: true,
    tasks: tasksFor(state, scope).map(({ phase, text, dueAt, state: now, reason }, i) => ({
      id: `part/${i + 1}`,
      phase,
      text,
      state: now,
      ...(dueAt === undefined ? {} : { dueAt }),
      ...(reason === undefined ? {} : { reason }),
    })),
    comments: events
      .filter((e) => e.kind === "comment" && addressed(e))
      .map((e) => ({ at: e.at, by: from(e), text: String(e.detail["text"]) })),
  };
}

const person = (by: string, viewer: string): string => (by === "machine" || by === viewer ? by : CENTRE);

const isOwn = (e: IncidentEvidence, sight: Sight): boolean => sight.scope.has(e.agency) && sight.agents.has(e.agent);

/** Field by field, for the same reason as the whole. */
const ownEvidence = ({ agent, agency, check, target, subject, tag, since, evidence }: IncidentEvidence) => ({
  agent,
  agency,
  check,
  target,
  subject,
  tag,
  since,
  evidence,
});

const impactOf = (impact: Impact, scope: ReadonlySet<string>): Impact => ({
  lost: impact.lost.filter((a) => scope.has(a)),
  degraded: impact.degraded.filter((a) => scope.has(a)),
  affected: impact.affected.filter((a) => scope.has(a)),
});

/** The asset at fault if it may be named; else that of the viewer's own part; else their agency itself. */
function causeOf(incident: Incident, evidence: IncidentEvidence[], sight: Sight): Incident["cause"] {
  const { asset, name, actor } = incident.cause;
  // An attacker is named to those only whose own agents saw that attacker.
  const seen = actor !== undefined && evidence.some((e) => e.subject === actor);
  const who = seen ? { actor } : {};
  if (sight.own.has(asset) || (sight.shared.has(asset) && incident.class !== "intrusion"))
    return { asset, name, ...who };
  const mine = evidence.map((e) => sight.targets.get(e.target)?.asset).find((id) => id !== undefined);
  const named = mine === undefined ? undefined : sight.assetNames.get(mine);
  if (mine !== undefined && named) return { asset: mine, name: named, ...who };
  const agency = [...sight.scope].find((id) => concerns(incident, new Set([id]))) ?? [...sight.scope][0] ?? "";
  return { asset: agency, name: sight.agencyNames.get(agency) ?? { vi: agency, en: agency }, ...who };
}

/** The events of an incident as a whole. Those of single pieces of evidence would count the others' pieces. */
const WHOLE: ReadonlySet<IncidentEvent["what"]> = new Set([
  "opened",
  "recovered",
  "quiet",
  "reopened",
  "acknowledged",
  "investigating",
  "contained",
  "closed",
]);

/** For whom it opened later it opened then, and nothing else was before. */
const since = (event: IncidentEvent, openedAt: number): IncidentEvent | undefined => {
  if (event.at >= openedAt) return event;
  return event.what === "opened" ? { ...event, at: openedAt } : undefined;
};

const eventOf = (event: IncidentEvent | undefined, viewer: string): IncidentEvent[] =>
  event && WHOLE.has(event.what)
    ? [
        {
          at: event.at,
          by: person(event.by, viewer),
          what: event.what,
          reason: { key: "reason.restricted", facts: {} },
        },
      ]
    : [];
