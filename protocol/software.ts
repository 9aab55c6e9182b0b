// What runs at the agents, as the console tells it to screens and the command line.

/** What the audit says of agents' software: what became of a release, and that two hosts went by one name. */
export const AGENT_ACTS = ["agent-cloned", "release-installed", "release-rolled-back", "release-refused"] as const;
export type AgentAct = (typeof AGENT_ACTS)[number];

/** What an agent said of itself when it last came in, since the console started. `at` in ms. */
export interface HeardAgent {
  agent: string;
  version: string;
  address: string;
  at: number;
}

/** The release that is offered, to `share` percent of all agents, that is `ring`; and at how many it ended how. */
export interface OfferedRelease {
  serial: number;
  version: string;
  share: number;
  ring: number;
  installed: number;
  rolledBack: number;
  refused: number;
}

export interface AgentNews {
  at: number;
  agent: string;
  act: AgentAct;
  /** Of a release: `serial`, `version`, `code`; of a clone: `from`, where one of the two stands. */
  detail: Record<string, string>;
}

export interface AgentSoftware {
  heard: HeardAgent[];
  offer?: OfferedRelease;
  /** The newest first. */
  news: AgentNews[];
}
