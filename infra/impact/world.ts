// The province before and after a preview, as far as its meaning needs it: the links and hosts of the steps, and the registry that
// the console is given. Pure.
import type { Registry } from "../../protocol/registry.ts";
import { type HostInputs, type LinkInputs, parseFileLine } from "../platforms/lab/model.ts";
import { OURS } from "../render/index.ts";
import type { Step } from "./step.ts";

/** Reads the text behind a hash; undefined when it is not kept any more. */
export type TextOf = (sha256: string) => string | undefined;

export interface World {
  hosts: Map<string, HostInputs>;
  links: Map<string, LinkInputs>;
  registry: Registry | undefined;
}

/** The world on one side of the steps. */
export function worldOf(steps: readonly Step[], side: "before" | "after", textOf: TextOf): World {
  const hosts = new Map<string, HostInputs>();
  const links = new Map<string, LinkInputs>();
  for (const s of steps) {
    if (s.kind === "Host" && s[side]) hosts.set(s.name, s[side]);
    if (s.kind === "Link" && s[side]) links.set(s.name, s[side]);
  }
  const text = [...hosts.values()].map((h) => fileText(h, OURS.registry, textOf)).find((t) => t !== undefined);
  return { hosts, links, registry: text === undefined ? undefined : (JSON.parse(text) as Registry) };
}

/** The public text of a host's file; undefined for a secret, or for none. */
export function fileText(host: HostInputs | undefined, path: string, textOf: TextOf): string | undefined {
  const line = host?.files[path];
  if (line === undefined) return undefined;
  const { source } = parseFileLine(line);
  return "sha256" in source ? textOf(source.sha256) : undefined;
}

/** Hosts and links that are out for a while or for good. */
export interface Outage {
  hosts: ReadonlySet<string>;
  links: ReadonlySet<string>;
}

const FORWARDS = new Set(["border", "core", "hub"]);

/** Of each agency's site, how many of its lines lead to the console over what is left. */
export function pathsOf({ registry, links }: World, outage: Outage): Map<string, number> {
  const paths = new Map<string, number>();
  if (!registry) return paths;
  const roles = new Map(registry.assets.flatMap((a) => (a.kind === "host" ? [[a.id, a.role] as const] : [])));
  const linksOf = new Map<string, LinkInputs[]>();
  for (const link of links.values())
    if (!outage.links.has(link.link) && link.up)
      for (const end of [link.a.host, link.b.host]) linksOf.set(end, [...(linksOf.get(end) ?? []), link]);
  const reached = new Set<string>(outage.hosts.has(registry.consoleHost) ? [] : [registry.consoleHost]);
  for (const host of reached) {
    if (host !== registry.consoleHost && !FORWARDS.has(roles.get(host) ?? "")) continue;
    for (const { a, b } of linksOf.get(host) ?? []) {
      const next = a.host === host ? b.host : a.host;
      if (!outage.hosts.has(next)) reached.add(next);
    }
  }
  for (const a of registry.assets) {
    if (a.kind !== "host" || a.role !== "site") continue;
    const usable = (linksOf.get(a.id) ?? []).filter((l) => reached.has(l.a.host === a.id ? l.b.host : l.a.host));
    paths.set(a.agency, outage.hosts.has(a.id) ? 0 : usable.length);
  }
  return paths;
}
