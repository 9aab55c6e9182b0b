// Routes that others tell and that are not theirs, by the log of the border that refused them: a part of the province's own network is a
// hijack (RFC 7454 §6.1.4), what is nobody's a leak of somebody's inside (RFC 7908 §3.6). All of one origin within one tick are one
// sighting. Pure.
import type { Detector, Sighting } from "../check.ts";
import { parseFalseRoute } from "../wire/route-log.ts";

const MOST_PREFIXES = 16;
const CLASSES = { own: "bgp-hijack", bogon: "bgp-leak" } as const;

export const routeLog: Detector<"route-log"> = {
  id: "route-log",
  kind: "route-log",
  clauses: ["RFC 7454 §6.1", "RFC 7908 §3.6", "RFC 6811"],
  start() {
    return {
      step(lines) {
        const seen = new Map<
          string,
          { kind: keyof typeof CLASSES; origin: number; prefixes: Set<string>; path: number[]; count: number }
        >();
        for (const line of lines) {
          const route = parseFalseRoute(line);
          const origin = route?.path.at(-1);
          if (!route || origin === undefined) continue;
          const key = `${route.what} ${origin}`;
          const told = seen.get(key) ?? { kind: route.what, origin, prefixes: new Set(), path: route.path, count: 0 };
          seen.set(key, told);
          told.count++;
          if (told.prefixes.size < MOST_PREFIXES) told.prefixes.add(route.prefix);
        }
        return [...seen.values()].map(
          ({ kind, origin, prefixes, path, count }): Sighting => ({
            detector: routeLog.id,
            class: CLASSES[kind],
            severity: kind === "own" ? "critical" : "medium",
            actor: `AS${origin}`,
            count,
            evidence: { prefixes: [...prefixes], path: path.join(" ") },
          }),
        );
      },
      // Each line is one refused route: nothing is counted over time.
      memory: () => "",
    };
  },
};
