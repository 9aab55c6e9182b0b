// Who is told of an intent, over which channel, and why: (rules, intent, people) → plans. Pure. The rules:
// - Whom the intent itself names (owner, duty, escalation) is told over `direct`; then come the routes that fit.
// - Each (channel, receiver) is told once, for the first reason that was found.
// - Whoever sees only some agencies is told of what concerns these, and never what belongs to the centre's own work.
import type { Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import type { Registry } from "../../protocol/registry.ts";
import { hasOwnAddress } from "./own-address.ts";
import type { ChannelRule, NotifyRules, RouteRule } from "./policy.ts";
import type { Person } from "./ports.ts";

export interface Planned {
  channel: string;
  /** Empty for the channel's own address. */
  receiver: string;
  /** `direct`, or the route's id. */
  by: string;
}
export interface Routing {
  planned: Planned[];
  /** Named, and not told: who and why. */
  left: { receiver: string; why: "nobody-of-this-name" | "outside-scope" }[];
}

/** What whoever sees a part of the province may be told; the rest speaks of the centre's work and of all agencies. */
const FOR_PARTS: ReadonlySet<Intent["kind"]> = new Set(["opened", "joined", "reopened", "recovered", "worsened"]);

export interface RoutingFacts {
  rules: NotifyRules;
  people: readonly Person[];
  registry: Pick<Registry, "agencies">;
  /** Whole; undefined where the intent is about none. */
  incident: Incident | undefined;
  /** Whether the record shows this incident to whoever has the scope. */
  concerned(scope: ReadonlySet<string>): boolean;
}

export function routeIntent(intent: Intent, facts: RoutingFacts): Routing {
  const { rules } = facts;
  const planned = new Map<string, Planned>();
  const left: Routing["left"] = [];
  const tell = (receiver: string, channels: readonly string[], by: string) => {
    for (const channel of channels) {
      // News of a channel's death does not go over it.
      if (channel === intent.channel) continue;
      const key = `${channel}|${receiver}`;
      if (!planned.has(key)) planned.set(key, { channel, receiver, by });
    }
  };
  const about = intent.channel !== undefined ? rules.caretakers : intent.to;
  for (const name of about) {
    const found = peopleOf(name, facts.people);
    if (found.length === 0) left.push({ receiver: name, why: "nobody-of-this-name" });
    for (const person of found) {
      if (mayKnow(intent, person.scope, facts)) tell(person.account, rules.direct, "direct");
      else left.push({ receiver: person.account, why: "outside-scope" });
    }
  }
  const channels = new Map(rules.channels.map((c) => [c.id, c]));
  const goes = (route: RouteRule, scope: Person["scope"]) =>
    mayKnow(intent, scope, facts) && fits(route, intent, facts, scope);
  for (const route of rules.routes) {
    for (const person of new Set((route.to ?? []).flatMap((name) => peopleOf(name, facts.people))))
      if (goes(route, person.scope)) tell(person.account, route.channels, route.id);
    if (route.to) continue;
    for (const id of route.channels) {
      const channel = channels.get(id);
      if (channel && hasOwnAddress(channel) && goes(route, scopeOf(channel))) tell("", [id], route.id);
    }
  }
  return { planned: [...planned.values()], left };
}

/** The part of the province that a channel with its own address is told of. */
export const scopeOf = (c: ChannelRule): Person["scope"] =>
  c.kind !== "screen" && c.agencies !== undefined ? new Set(c.agencies) : undefined;

function mayKnow(intent: Intent, scope: Person["scope"], facts: RoutingFacts): boolean {
  // A person of the centre has seen the incident before an agency joined it.
  if (scope === undefined) return intent.kind !== "joined";
  if (!FOR_PARTS.has(intent.kind) || !facts.concerned(scope)) return false;
  return intent.agencies === undefined || intent.agencies.some((a) => scope.has(a));
}

function peopleOf(name: string, people: readonly Person[]): Person[] {
  const [kind = "", what = ""] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
  if (kind === "role") return people.filter((p) => (p.roles as readonly string[]).includes(what));
  return people.filter((p) => p.account === what);
}

/** Of somebody's part only their own agencies count: being told must not say that another was hit. */
function fits(route: RouteRule, intent: Intent, { incident, registry }: RoutingFacts, scope: Person["scope"]): boolean {
  if (!(route.kinds as string[]).includes(intent.kind)) return false;
  const { when } = route;
  if (!when) return true;
  if (!incident) return false;
  const { lost, degraded, affected } = incident.impact;
  const all = [...lost, ...degraded, ...affected, ...incident.evidence.map((e) => e.agency)];
  const hit = new Set(scope ? all.filter((a) => scope.has(a)) : all);
  if (when.class && !when.class.includes(incident.class)) return false;
  if (when.severity && !when.severity.includes(incident.severity)) return false;
  if (when.agency && !when.agency.some((a) => hit.has(a))) return false;
  const { level } = when;
  return !level || registry.agencies.some((a) => hit.has(a.id) && level.includes(a.level));
}
