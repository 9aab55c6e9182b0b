// What the console knows right now, in memory: the registry, who is live, and what every check last said. Rebuilt from
// the store at start and after a failed commit; it decides nothing.
import type { AgentStatus, Registry, Report, Target, TargetStatus } from "../protocol/index.ts";
import { stateDigest } from "../protocol/state.ts";
import { type Said, standing, statusOf } from "./status.ts";

/** The last report of each target of one agent. */
type Heard = Map<string, Said>;

export interface View {
  readonly registry: Registry;
  /** Takes another registry; forgets reports of targets that it does not have, and gives them. */
  setRegistry(registry: Registry): { agent: string; said: Said }[];
  /** Puts back what the store holds, in place of everything that was heard. Gives what is no longer watched. */
  reload(latest: Iterable<{ agent: string } & Said>): { agent: string; said: Said }[];
  knowsAgent(agent: string): boolean;
  /** The target, if this agent is the one that watches it. */
  targetOf(agent: string, target: string): Target | undefined;
  /** Takes a report of a watched target; gives what is to be kept. */
  hear(agent: string, report: Report, receivedAt: number): Said;
  /** The digest that the agent should have (protocol/state.ts). */
  digest(agent: string): string;
  agent(id: string): AgentStatus;
  agents(): AgentStatus[];
  setPresence(agent: string, presence: AgentStatus["presence"], since: number): void;
  target(id: string): TargetStatus | undefined;
  targets(): TargetStatus[];
  targetsOf(agent: string): TargetStatus[];
}

/** A view in which no agent has spoken yet, `since` when. */
export function createView(first: Registry, since: number): View {
  let registry = first;
  let agents = new Map<string, AgentStatus>();
  let targets = new Map<string, Target>();
  let byAgent = new Map<string, Target[]>();
  const heard = new Map<string, Heard>();
  const digests = new Map<string, string>();

  const index = (next: Registry) => {
    registry = next;
    targets = new Map(next.targets.map((t) => [t.id, t]));
    byAgent = new Map(next.agents.map((a) => [a.id, []]));
    for (const t of next.targets) byAgent.get(t.agent)?.push(t);
    agents = new Map(
      next.agents.map((a) => {
        const was = agents.get(a.id);
        return [
          a.id,
          {
            agent: a.id,
            agency: a.agency,
            host: a.host,
            presence: was?.presence ?? "unknown",
            since: was?.since ?? since,
          },
        ];
      }),
    );
  };
  index(first);

  const watches = (agent: string, target: string) => targets.get(target)?.agent === agent && agents.has(agent);
  const put = (agent: string, said: Said) => {
    const own = heard.get(agent) ?? new Map<string, Said>();
    heard.set(agent, own);
    own.set(said.report.target, said);
    digests.delete(agent);
  };
  const dropUnwatched = () => {
    const dropped: { agent: string; said: Said }[] = [];
    for (const [agent, own] of heard)
      for (const [target, said] of own)
        if (!watches(agent, target)) {
          own.delete(target);
          digests.delete(agent);
          dropped.push({ agent, said });
        }
    return dropped;
  };
  const agent = (id: string): AgentStatus =>
    agents.get(id) ?? { agent: id, agency: "", host: id, presence: "unknown", since };
  const status = (t: Target): TargetStatus => statusOf(t, heard.get(t.agent)?.get(t.id), agent(t.agent));

  return {
    get registry() {
      return registry;
    },
    setRegistry(next) {
      index(next);
      return dropUnwatched();
    },
    reload(latest) {
      heard.clear();
      digests.clear();
      for (const { agent: id, ...said } of latest) put(id, said);
      return dropUnwatched();
    },
    knowsAgent: (id) => agents.has(id),
    targetOf: (id, target) => (watches(id, target) ? targets.get(target) : undefined),
    hear(id, report, receivedAt) {
      const was = heard.get(id)?.get(report.target);
      const since = was && standing(was.report) === standing(report) ? was.since : report.at;
      const said = { report, since, receivedAt };
      put(id, said);
      return said;
    },
    digest(id) {
      let digest = digests.get(id);
      if (digest === undefined) {
        digest = stateDigest([...(heard.get(id)?.values() ?? [])].map((s) => s.report));
        digests.set(id, digest);
      }
      return digest;
    },
    agent,
    agents: () => [...agents.values()],
    setPresence(id, presence, at) {
      const known = agents.get(id);
      if (known) agents.set(id, { ...known, presence, since: at });
    },
    target: (id) => {
      const t = targets.get(id);
      return t && status(t);
    },
    targets: () => registry.targets.map(status),
    targetsOf: (id) => (byAgent.get(id) ?? []).map(status),
  };
}
