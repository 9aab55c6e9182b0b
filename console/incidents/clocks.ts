// Legal clocks: which rules are in force, what an incident is proposed to be, and by when who has to be told. Pure. The rules:
// - The pack in force is the newest of its family whose effective date is not after the detection.
// - A clock runs from the earliest detection as soon as its grade is proposed; a correction stops or starts it, looking back.
// - What a person has confirmed or corrected, the machine proposes no more.
import type { CaseState, Casework, Classification, Clock, Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import type { Clocks, When } from "./schema.ts";

const HOUR_MS = 3_600_000;

export function packsInForce(rules: Clocks, detectedAt: number): Clocks["packs"] {
  const newest = new Map<string, Clocks["packs"][number]>();
  for (const pack of rules.packs) {
    if (startOf(pack.effectiveFrom) > detectedAt) continue;
    const known = newest.get(pack.family);
    if (!known || known.effectiveFrom < pack.effectiveFrom) newest.set(pack.family, pack);
  }
  return [...newest.values()];
}
/** Midnight in Vietnam. */
const startOf = (day: string) => Date.parse(`${day}T00:00:00+07:00`);

/** What the rules make of an incident, in their own words. */
export function propose(rules: Clocks, incident: Incident, now: number): Classification {
  const detections = detectionsOf(incident);
  const fitting = rules.proposals.filter((p) => fits(p.when, incident, { detections }));
  const [first] = fitting;
  const grades = [...new Set(fitting.flatMap((p) => p.grades))];
  return {
    nature: first?.nature ?? "infrastructure",
    grades,
    by: "machine",
    confirmed: false,
    reason: first?.reason ?? { vi: "", en: "" },
    at: now,
  };
}

/** Tags of an incident's evidence, each once, as rules write them. */
const detectionsOf = ({ evidence }: Incident): Set<string> =>
  new Set([...new Set(evidence.map((e) => e.tag))].map((tag) => tag.toLowerCase().replaceAll("_", "-")));

/** Every condition that is given holds. `detections` is what `detectionsOf` gives, for who asks of many rules. */
export function fits(
  when: When,
  incident: Incident,
  { nature, detections = detectionsOf(incident) }: { nature?: string; detections?: Set<string> } = {},
): boolean {
  const { lost, degraded, affected } = incident.impact;
  const agencies = new Set([...lost, ...degraded, ...affected]).size;
  // Of class, nature and detection one is enough: they are three ways to say what it is.
  const what = [
    when.class?.includes(incident.class),
    when.detection?.some((d) => detections.has(d)),
    nature === undefined ? undefined : when.nature?.includes(nature),
  ].filter((x) => x !== undefined);
  if (what.length > 0 && !what.includes(true)) return false;
  if (what.length === 0 && (when.class ?? when.detection ?? when.nature) !== undefined) return false;
  if (when.severity && !when.severity.includes(incident.severity)) return false;
  return lost.length >= (when.lostAtLeast ?? 0) && agencies >= (when.agenciesAtLeast ?? 0);
}

export function clocksOf(
  rules: Clocks,
  incident: Pick<Incident, "detectedAt">,
  work: Pick<CaseState, "classification" | "notices">,
): Clock[] {
  const grades = new Set(work.classification.grades);
  return packsInForce(rules, incident.detectedAt).flatMap((pack) =>
    pack.rules
      .filter((rule) => grades.has(rule.grade))
      .map((rule) => {
        const id = `${pack.id}/${rule.id}`;
        const met = work.notices[id];
        return {
          id,
          title: rule.title,
          source: pack.source,
          mark: pack.mark,
          startAt: incident.detectedAt,
          ...(rule.hours === undefined ? {} : { dueAt: incident.detectedAt + rule.hours * HOUR_MS }),
          ...(met ? { metAt: met.at, metBy: met.by } : {}),
        };
      }),
  );
}

/** When each unmet clock warns and when it runs out, as intents to come; those at or before `now` are due. */
export function clockIntents(rules: Clocks, incident: Incident, clocks: Clock[], to: string[]): Intent[] {
  return clocks
    .filter((c) => c.metAt === undefined && c.dueAt !== undefined)
    .flatMap((c) => {
      const length = c.dueAt! - c.startAt;
      const facts = { clock: c.id, due: c.dueAt! };
      const warnings = length === 0 ? [] : rules.warnAtFractionLeft;
      return [
        ...warnings.map((left) => ({
          key: `${incident.id}/${c.id}/${c.startAt}/${left}`,
          at: c.dueAt! - left * length,
          kind: "clock-warning" as const,
          incident: incident.id,
          to,
          reason: { key: "reason.clock-warning", facts: { ...facts, left: Math.round((left * length) / HOUR_MS) } },
        })),
        {
          key: `${incident.id}/${c.id}/${c.startAt}/due`,
          at: c.dueAt!,
          kind: "clock-overdue" as const,
          incident: incident.id,
          to,
          reason: { key: length === 0 ? "reason.clock-at-once" : "reason.clock-overdue", facts },
        },
      ];
    });
}

export const caseworkOf = (rules: Clocks, incident: Incident, work: CaseState, silencedBy?: string): Casework => ({
  classification: work.classification,
  clocks: clocksOf(rules, incident, work),
  tasks: { done: work.tasks.filter((t) => t.state !== "open").length, total: work.tasks.length },
  comments: work.comments,
  evidence: work.evidence.length,
  ...(silencedBy === undefined ? {} : { silencedBy }),
});
