// The least that the law lets a console keep, by the level of its system. Read by infra (province.yaml) and by the console.
// A province's shared infrastructure is of level 3 (Decree 331/2026/ND-CP, article 13.3); how long central logs are kept: 3, 6
// and 12 months for levels 3, 4 and 5 (TCVN 14423:2026).

export const SYSTEM_LEVELS = [3, 4, 5] as const;
export type SystemLevel = (typeof SYSTEM_LEVELS)[number];

/** Days that the log of items (reports, detections) is kept at least: the longest that so many months can be. */
const LEAST_DAYS: Record<SystemLevel, number> = { 3: 93, 4: 186, 5: 366 };

export const leastLogDays = (level: SystemLevel = 3): number => LEAST_DAYS[level];

/** Where it stands, for whoever is refused. */
export const LOG_LAW = "TCVN 14423:2026; Decree 331/2026/ND-CP art. 13.3";
