// Whatever is named by its id must stand in the file. Pure.
import type { Broken } from "./broken.ts";
import type { Path } from "./locate.ts";
import type { Section } from "./rules.ts";
import type { Written } from "./schema.ts";

type Rule = { reads: readonly Section[]; find(p: Written): Broken[] };
type Reference = readonly [id: string | undefined, at: Path];

/** A rule for each kind of thing that others name. */
export const unknownReferences: readonly Rule[] = [
  kind(
    "level",
    ["levels", "datacentres", "targets"],
    (p) => p.levels.map(id),
    (p) => [
      ...p.datacentres.map((dc, i): Reference => [dc.level, ["datacentres", i, "level"]]),
      ...p.agencies.map((a, i): Reference => [a.level, ["agencies", i, "level"]]),
      ...(p.targets ?? []).map((t, i): Reference => [t.level, ["targets", i, "level"]]),
    ],
  ),
  kind(
    "hub",
    ["datacentres"],
    (p) => routers(p, "hub"),
    (p) =>
      p.agencies.flatMap((a, i) =>
        a.uplinks.map(
          (u, n): Reference =>
            typeof u === "string" ? [u, ["agencies", i, "uplinks", n]] : [u.hub, ["agencies", i, "uplinks", n, "hub"]],
        ),
      ),
  ),
  kind(
    "router",
    ["datacentres", "backbone"],
    (p) => routers(p),
    (p) => p.backbone.flatMap((pair, i) => pair.map((end, e): Reference => [end, ["backbone", i, e]])),
  ),
  kind(
    "border",
    ["datacentres", "upstreams"],
    (p) => routers(p, "border"),
    (p) => p.upstreams.map((u, i): Reference => [u.border, ["upstreams", i, "border"]]),
  ),
  kind(
    "provider",
    ["providers"],
    (p) => (p.providers ?? []).map(id),
    (p) =>
      p.agencies.flatMap((a, i): Reference[] => [
        [a.provider, ["agencies", i, "provider"]],
        ...a.uplinks.flatMap((u, n): Reference[] =>
          typeof u === "string" ? [] : [[u.provider, ["agencies", i, "uplinks", n, "provider"]]],
        ),
      ]),
  ),
  kind(
    "server",
    ["datacentres", "services"],
    (p) => p.datacentres.flatMap((dc) => dc.servers.map(id)),
    (p) => (p.services ?? []).map((s, i): Reference => [s.on, ["services", i, "on"]]),
  ),
  kind(
    "place",
    ["datacentres", "devices"],
    (p) => [...p.datacentres, ...p.agencies].map(id),
    (p) => (p.devices ?? []).map((d, i): Reference => [d.at, ["devices", i, "at"]]),
  ),
  kind(
    "agency",
    ["lab"],
    (p) => p.agencies.map(id),
    (p) => p.lab.agencies.map((a, i): Reference => [a, ["lab", "agencies", i]]),
  ),
  kind(
    "agency",
    ["agencies", "signIn"],
    (p) => p.agencies.map(id),
    (p) =>
      (p.signIn?.provider.rows ?? []).flatMap((row, r) =>
        (row.agencies ?? []).map((a, i): Reference => [a, ["signIn", "provider", "rows", r, "agencies", i]]),
      ),
  ),
  kind(
    "agency",
    ["agencies", "notify"],
    (p) => p.agencies.map(id),
    (p) =>
      (["mail", "webhooks"] as const).flatMap((list) =>
        (p.notify?.[list] ?? []).flatMap((c, n) =>
          (c.agencies ?? []).map((a, i): Reference => [a, ["notify", list, n, "agencies", i]]),
        ),
      ),
  ),
  kind(
    "level or agency",
    ["levels", "datacentres", "enrolment"],
    (p) => [...p.levels, ...p.datacentres, ...p.agencies].map(id),
    (p) => {
      const approve = p.enrolment?.approve ?? "all";
      return approve === "all" ? [] : approve.map((a, i): Reference => [a, ["enrolment", "approve", i]]);
    },
  ),
];

/** Ids longer than this list are told by what they are. */
const SHOWN = 12;

function kind(
  name: string,
  reads: readonly Section[],
  known: (p: Written) => string[],
  named: (p: Written) => Reference[],
): Rule {
  return {
    reads,
    find(p) {
      const ids = new Set(known(p));
      const right =
        ids.size === 0
          ? "the id of one that stands in the file"
          : ids.size > SHOWN
            ? `the id of one of the ${ids.size} that stand in the file`
            : `one of ${[...ids].join(", ")}`;
      return named(p).flatMap(([id, at]): Broken[] =>
        id === undefined || ids.has(id)
          ? []
          : [{ code: "reference-unknown", at, wrong: `there is no ${name} ${id}`, right }],
      );
    },
  };
}

const id = (entry: { id: string }): string => entry.id;
const routers = (p: Written, role?: "border" | "hub"): string[] =>
  p.datacentres.flatMap((dc) => dc.routers.filter((r) => role === undefined || r.role === role).map(id));
