// Which agencies lose or gain a path, for a moment while the steps are done or from then on. Pure.

import { restartsOf } from "./daemons.ts";
import type { Effect } from "./effect.ts";
import type { Step } from "./step.ts";
import { type Outage, pathsOf, type World } from "./world.ts";

/** What the steps take out while they are done: hosts made anew or whose routing starts anew, links laid anew. */
function outageOf(step: Step): { hosts: string[]; links: string[] } {
  const nothing = { hosts: [], links: [] };
  if (step.op === "same" || step.op === "create" || step.op === "delete" || step.kind === "Group") return nothing;
  if (step.kind === "Link") {
    const moved = step.op === "replace" || step.differences.some((d) => /^[ab]\.(addresses|bridge)/.test(d.path));
    return moved ? { hosts: [], links: [step.name] } : nothing;
  }
  if (step.kind !== "Host") return nothing;
  const routing = step.op === "replace" || restartsOf(step).some((d) => d.role === "network");
  return routing ? { hosts: [step.name], links: [] } : nothing;
}

/** Sentences on agencies' paths, each citing the steps behind it. */
export function pathEffects(steps: readonly Step[], before: World, after: World): Effect[] {
  const none: Outage = { hosts: new Set(), links: new Set() };
  const was = pathsOf(before, none);
  const will = pathsOf(after, none);
  const numbers = (pick: (s: Step) => boolean) => steps.filter((s) => s.op !== "same" && pick(s)).map((s) => s.number);
  const site = siteOf(before, after);
  const touches = (agency: string) => (s: Step) =>
    (s.kind === "Link" && (s.before ?? s.after) !== undefined && endsOf(s).includes(site(agency))) ||
    (s.kind === "Host" && s.name === site(agency));
  const network = (s: Step) => s.kind === "Link" || (s.kind === "Host" && s.op !== "update");
  // Its own lines and site; else whatever of the network changes; else the registry that says so.
  const cited = (agency: string) =>
    [touches(agency), network, () => true].map(numbers).find((found) => found.length > 0) ?? [];
  const effects: Effect[] = [];
  for (const [agency, paths] of will)
    if (!was.has(agency)) effects.push({ key: "agency-added", facts: { agency, paths }, steps: cited(agency) });
  for (const [agency, paths] of was) {
    const now = will.get(agency);
    if (now === undefined)
      effects.push({ key: "agency-removed", facts: { agency }, steps: cited(agency), lost: [agency], lasting: true });
    else if (now < paths)
      effects.push({
        key: "path-lost",
        facts: { agency, before: paths, after: now },
        steps: cited(agency),
        ...(now === 0 ? { lost: [agency] } : { degraded: [agency] }),
        lasting: true,
      });
    else if (now > paths)
      effects.push({ key: "path-gained", facts: { agency, before: paths, after: now }, steps: cited(agency) });
  }
  return [...effects, ...interruptions(steps, before, was)];
}

/** One sentence a step that interrupts: in the worst case several do so at once, which `lost` of the whole says. */
function interruptions(steps: readonly Step[], before: World, was: ReadonlyMap<string, number>): Effect[] {
  return steps.flatMap((step): Effect[] => {
    const out = outageOf(step);
    if (out.hosts.length + out.links.length === 0) return [];
    const during = pathsOf(before, { hosts: new Set(out.hosts), links: new Set(out.links) });
    const lost = [...was].filter(([a, n]) => n > 0 && during.get(a) === 0).map(([a]) => a);
    const degraded = [...was].filter(([a, n]) => (during.get(a) ?? 0) > 0 && during.get(a)! < n).map(([a]) => a);
    const what = out.hosts[0] ?? out.links[0]!;
    return [{ key: "path-interrupted", facts: { what, lost, degraded }, steps: [step.number], lost, degraded }];
  });
}

/** Agencies that may be without any path while the steps are done, all of them at once. */
export function worstCase(steps: readonly Step[], before: World): { lost: string[]; degraded: string[] } {
  const hosts = new Set<string>();
  const links = new Set<string>();
  for (const step of steps) {
    const out = outageOf(step);
    for (const h of out.hosts) hosts.add(h);
    for (const l of out.links) links.add(l);
    if (step.op === "delete" && step.kind === "Host") hosts.add(step.name);
    if (step.op === "delete" && step.kind === "Link") links.add(step.name);
  }
  const was = pathsOf(before, { hosts: new Set(), links: new Set() });
  const during = pathsOf(before, { hosts, links });
  const fewer = [...was].filter(([a, n]) => (during.get(a) ?? 0) < n).map(([a]) => a);
  return {
    lost: fewer.filter((a) => (during.get(a) ?? 0) === 0).sort(),
    degraded: fewer.filter((a) => (during.get(a) ?? 0) > 0).sort(),
  };
}

const endsOf = (step: Step & { kind: "Link" }): string[] => {
  const { a, b } = (step.after ?? step.before)!;
  return [a.host, b.host];
};

/** The gateway host of an agency, on whichever side of the change it is. */
function siteOf(before: World, after: World): (agency: string) => string {
  const sites = new Map<string, string>();
  for (const world of [before, after])
    for (const a of world.registry?.assets ?? []) if (a.kind === "host" && a.role === "site") sites.set(a.agency, a.id);
  return (agency) => sites.get(agency) ?? agency;
}
