// Rules on the network of a province: what the plan takes for granted about roles, lines and ways to the data centre. Pure.
import type { Broken } from "./broken.ts";
import { hubOf, type ServerTask, type Written } from "./schema.ts";

/** Lines that repeat or end where they begin, routers without a way to the console. */
export const networkProblems = (p: Written): Broken[] => [...lineProblems(p), ...unreachable(p)];

/** A line is known by its two ends, so two lines between the same ends would be one. */
function lineProblems(p: Written): Broken[] {
  const seen = new Set<string>();
  return p.backbone.flatMap((pair, i): Broken[] => {
    const [a, b] = pair as [string, string];
    const key = [a, b].sort().join("~");
    const again = seen.has(key) || a === b;
    seen.add(key);
    const wrong = a === b ? `the line ends where it begins, at ${a}` : `there is already a line between ${a} and ${b}`;
    return again ? [{ code: "network-wrong", at: ["backbone", i], wrong, right: "each pair of routers once" }] : [];
  });
}

/** Two lines between the same ends would be one. */
export function uplinkProblems(p: Written): Broken[] {
  return p.agencies.flatMap((agency, i) => {
    const hubs = agency.uplinks.map(hubOf);
    return hubs.flatMap((hub, u): Broken[] => {
      if (hubs.indexOf(hub) === u) return [];
      const at = ["agencies", i, "uplinks", u];
      return [{ code: "network-wrong", at, wrong: `${hub} stands here twice`, right: "each hub once" }];
    });
  });
}

const ONE_OF_EACH: ServerTask[] = ["primary-dns", "portal", "console", "bastion"];

/** Servers that are missing or doubled, data centres without a network for them. */
export function serverProblems(p: Written): Broken[] {
  const servers = p.datacentres.flatMap((dc, d) =>
    dc.servers.map((s, i) => ({ ...s, at: ["datacentres", d, "servers", i, "runs"] })),
  );
  const wrong: Broken[] = ONE_OF_EACH.flatMap((task): Broken[] => {
    const all = servers.filter((s) => s.runs === task);
    if (all.length === 1) return [];
    const at = all[1]?.at ?? ["datacentres", 0, "servers"];
    return [
      {
        code: "network-wrong",
        at,
        wrong: `${all.length} servers run ${task}`,
        right: `exactly one server that runs ${task}`,
      },
    ];
  });
  if (!servers.some((s) => s.runs === "resolver"))
    wrong.push({
      code: "network-wrong",
      at: ["datacentres", 0, "servers"],
      wrong: "no server runs a resolver",
      right: "at least one server that runs resolver",
    });
  p.datacentres.forEach((dc, d) => {
    const cores = dc.routers.filter((r) => r.role === "core").length;
    if (cores === 1) return;
    const right = "exactly one core: the servers stand on its network";
    wrong.push({
      code: "network-wrong",
      at: ["datacentres", d, "routers"],
      wrong: `${dc.id} has ${cores} cores`,
      right,
    });
  });
  return wrong;
}

/** A mail server is known by one name, which its certificate, its TLSA record and its pointers bear. */
export function mailProblems(p: Written): Broken[] {
  const servers = p.datacentres.flatMap((dc, d) =>
    dc.servers.map((s, i) => ({ ...s, at: ["datacentres", d, "servers", i, "runs"] })),
  );
  const services = (p.services ?? [])
    .map((s, i) => ({ ...s, at: ["services", i, "on"] }))
    .filter((s) => s.kind === "mail");
  const astray = services.flatMap(({ id, on, at }): Broken[] => {
    const server = servers.find((s) => s.id === on);
    if (!server || server.runs === "mail") return [];
    const wrong = `${id} is mail, and ${on} runs ${server.runs}`;
    return [{ code: "network-wrong", at, wrong, right: "a server that runs mail" }];
  });
  const alone = servers.flatMap(({ id, runs, at }): Broken[] => {
    const count = services.filter((s) => s.on === id).length;
    if (runs !== "mail" || count === 1) return [];
    const right = `exactly one service of kind mail on ${id}`;
    return [{ code: "network-wrong", at, wrong: `${count} services of kind mail on ${id}`, right }];
  });
  return [...astray, ...alone];
}

/** Routers of the data centres that no chain of backbone lines joins with the first core. */
function unreachable(p: Written): Broken[] {
  const neighbours = new Map<string, string[]>();
  for (const [a, b] of p.backbone as [string, string][]) {
    neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
  }
  const start = p.datacentres.flatMap((dc) => dc.routers).find((r) => r.role === "core");
  if (!start) return [];
  const reached = new Set([start.id]);
  for (const at of reached) for (const next of neighbours.get(at) ?? []) reached.add(next);
  return p.datacentres.flatMap((dc, d) =>
    dc.routers.flatMap((r, i): Broken[] => {
      if (reached.has(r.id)) return [];
      const wrong = `no line of the backbone joins ${r.id} with ${start.id}`;
      return [
        { code: "network-wrong", at: ["datacentres", d, "routers", i, "id"], wrong, right: "a line in backbone" },
      ];
    }),
  );
}
