// How far the plan is from what the province has set itself, level by level and day by day: only what the plan itself decides. Pure.
import type { Bilingual } from "../../protocol/registry.ts";
import type { AgencyIntent, COVERAGES, Intent } from "../province/schema.ts";

export type CoverageKind = (typeof COVERAGES)[number];

export interface Coverage {
  what: CoverageKind;
  level: Bilingual;
  /** Asked for by that day, ISO 8601. */
  percent: number;
  by: string;
  /** Agencies of the level for which it holds, of how many. */
  reached: number;
  of: number;
  /** Ids of those for which it does not. */
  missing: string[];
}

const HOLDS: Record<CoverageKind, (agency: AgencyIntent) => boolean> = {
  // A line that does not say otherwise is one of the dedicated network (plan/links.ts).
  dedicated: (a) =>
    a.uplinks.some((u) => ((typeof u === "string" ? a.medium : (u.medium ?? a.medium)) ?? "dedicated") === "dedicated"),
  "two-paths": (a) => a.uplinks.length > 1,
};

/** Each target of the province and what the plan makes of it; the nearest day first. */
export const coverageOf = ({ targets = [], levels, agencies }: Intent): Coverage[] =>
  targets
    .map(({ what, level, percent, by }) => {
      const all = agencies.filter((a) => a.level === level);
      const missing = all.filter((a) => !HOLDS[what](a)).map((a) => a.id);
      const name = levels.find((l) => l.id === level)!.name;
      return { what, level: name, percent, by, reached: all.length - missing.length, of: all.length, missing };
    })
    .sort((a, b) => a.by.localeCompare(b.by));

/** The day has come and fewer have it than were to have it; of a level without agencies nothing can be missed. */
export const isMissed = (c: Coverage, today: string): boolean => c.by < today && 100 * c.reached < c.percent * c.of;
