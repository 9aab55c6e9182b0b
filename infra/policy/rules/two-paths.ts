// Level I of the dedicated network: at least two channels on two physical routes. Two lines to one hub are one route.
import type { Rule } from "../rule.ts";

const LEAST = 2;

export const twoPaths: Rule = {
  name: "two-paths-for-level-one",
  description: "an agency of level I of the dedicated network has lines to two hubs (Circular 06/2026/TT-BKHCN)",
  check({ links, registry }) {
    if (!registry) return [];
    const sites = new Map(
      registry.assets.flatMap((a) => (a.kind === "host" && a.role === "site" ? [[a.agency, a.id]] : [])),
    );
    return registry.agencies
      .filter((a) => a.dedicated === "I" && sites.has(a.id))
      .flatMap(({ id }) => {
        const site = sites.get(id)!;
        const own = links.filter((l) => l.a.host === site || l.b.host === site);
        const far = new Set(own.map((l) => (l.a.host === site ? l.b.host : l.a.host)));
        if (far.size >= LEAST) return [];
        const ends = far.size === 0 ? "none" : [...far].join(", ");
        return [
          {
            where: `Host ${site}`,
            what: `level I asks for lines to two hubs, there is ${ends}: add an uplink, or make it level II`,
          },
        ];
      });
  },
};
