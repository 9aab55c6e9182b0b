// What the correlator remembers between two steps. Owned by the pipeline; only step() and restore() change it.
import type {
  Act,
  Detection,
  Evidence,
  Impact,
  Incident,
  IncidentClass,
  Indicator,
  Reason,
  Registry,
  Report,
  Severity,
  Silence,
  TagRow,
} from "../../protocol/index.ts";
import type { NetworkDiagnosis } from "./network.ts";
import type { Topology } from "./topology.ts";
import { nextWakeAt, noWakes, type Wakes, wakeOf } from "./wakes.ts";

export interface Settings {
  /** A cause must stand this long before an incident opens, so that the real cause can show itself. */
  settleMs: number;
  /** An incident recovers when nothing has stood for this long. */
  recoverMs: number;
  /** Agents and probes behind a broken path get this long to come back before they count by themselves. */
  graceMs: number;
  /** What a province may decide otherwise; DEFAULT_POLICY where it is not given. */
  policy?: Policy;
}

export interface Policy {
  /** A return within this time of recovery is the same incident; a later one is another. */
  reopenMs: number;
  /** Classes that the machine closes, this long after recovery. Empty: a person closes everything. */
  closes: IncidentClass[];
  closeAfterMs: number;
  /** This many openings of one class within the window are a storm: what follows is collapsed into one incident. */
  storm: { at: number; windowMs: number };
}

export const DEFAULT_POLICY: Policy = {
  reopenMs: 30 * 60_000,
  closes: [],
  closeAfterMs: 24 * 3_600_000,
  storm: { at: 20, windowMs: 5 * 60_000 },
};

/** One open finding as one observer sees it. */
export interface Clue {
  id: string;
  /** Clues are looked at in the order in which they came. */
  n: number;
  agent: string;
  agency: string;
  /** Host on which the observer stands. */
  from: string;
  check: string;
  target: string;
  subject: string;
  tag: string;
  row: TagRow;
  /** The asset that it speaks of. */
  asset: string;
  /** A service whose failure would make the same finding. */
  dependsOn?: string;
  /** By the observer's clock. */
  since: number;
  evidence: Evidence;
}

/** What the clues say is wrong, right now. */
export interface Cause {
  key: string;
  asset: string;
  class: IncidentClass;
  severity: Severity;
  since: number;
  clues: Clue[];
  explains: string[];
  impact: Impact;
  reason: Reason;
  /** How long it must stand before it opens an incident. */
  settleMs: number;
}

/** An incident that is not closed, and what keeps it open. */
export interface Tracked {
  key: string;
  incident: Incident;
  /** Whether its own cause stood at the last step, and until when it stood. */
  stands: boolean;
  stoodAt: number;
  /** The same of anything that keeps it open: its own cause, or a remnant of it. */
  held: boolean;
  heldAt: number;
  /** The maintenance window that keeps it from being an incident at all: it is followed, and nobody is shown it. */
  shadow?: string;
}

/** One incident's attacks as they go on. */
export interface Attack {
  lastAt: number;
  quietAfterMs: number;
}

/** Clues that speak of one asset and class: those of its own watchers, and those of who depends on it. */
export interface Group {
  direct: Set<Clue>;
  dependent: Set<Clue>;
}

/**
 * What follows from the rest of the state, kept so that a step looks only at what changed. It may be thrown away at any
 * time (`stale`): the next decision then computes everything anew, with the same result; a property test holds the two together.
 */
export interface Derived {
  stale: boolean;
  /** Clues, agents and network that changed since the last decision. */
  touchedClues: Map<string, Clue>;
  touchedAgents: Set<string>;
  networkTouched: boolean;
  network: NetworkDiagnosis | undefined;
  /** Clues on each link that is down, by clue id. */
  linksDown: Map<string, Map<string, Clue>>;
  /** Group and host indexes of clues: where each stands, who stands there, whose path decides about whom. */
  groups: Map<string, Group>;
  placed: Map<string, { clue: Clue; group: string | undefined }>;
  cluesOfHost: Map<string, Set<Clue>>;
  dependentsOf: Map<string, Set<Clue>>;
  silent: Set<string>;
  consoleCutOff: boolean;
  /** Causes by what made them; a key of a later one counts before that of an earlier one. */
  networkCauses: Map<string, Cause>;
  groupCauses: Map<string, Cause>;
  silentCauses: Map<string, Cause>;
  /** Incidents are to be looked at whole: a person, or a restart, may have changed any of them. */
  trackedStale: boolean;
  byAsset: Map<string, Set<Tracked>>;
  /** Connectivity incidents that may answer for remnants, and how often any of them changed. */
  covering: Set<Tracked>;
  coveringVersion: number;
  /** Causes without an open incident of their own: which version they were judged by, and who answers for them. */
  pending: Map<string, { version: number; by: Tracked | undefined }>;
  adoptions: Map<Tracked, number>;
  /** Which incident each cause stands for, and the other way round. */
  holder: Map<string, Tracked>;
  standingFor: Map<Tracked, Set<string>>;
  /** Incidents to be looked at for their end in this decision. */
  loose: Set<Tracked>;
}

export const nothingDerived = (): Derived => ({
  stale: true,
  touchedClues: new Map(),
  touchedAgents: new Set(),
  networkTouched: true,
  network: undefined,
  linksDown: new Map(),
  groups: new Map(),
  placed: new Map(),
  cluesOfHost: new Map(),
  dependentsOf: new Map(),
  silent: new Set(),
  consoleCutOff: false,
  networkCauses: new Map(),
  groupCauses: new Map(),
  silentCauses: new Map(),
  trackedStale: true,
  byAsset: new Map(),
  covering: new Set(),
  coveringVersion: 0,
  pending: new Map(),
  adoptions: new Map(),
  holder: new Map(),
  standingFor: new Map(),
  loose: new Set(),
});

/** The cause of that key that stands now. */
export const causeOf = ({ derived }: State, key: string): Cause | undefined =>
  derived.silentCauses.get(key) ?? derived.groupCauses.get(key) ?? derived.networkCauses.get(key);

export interface State {
  settings: Settings;
  topology: Topology | undefined;
  /** Open findings by clue id, and the ids of each target's last report that ran. */
  clues: Map<string, Clue>;
  lastRun: Map<string, string[]>;
  presence: Map<string, { presence: "live" | "silent" | "unknown"; since: number }>;
  /** Hosts that cannot reach the console as of the last step; and when each such host last could not. */
  cutOff: string[];
  unreachableAt: Map<string, number>;
  /** Since when each cause has stood. */
  standing: Map<string, number>;
  tracked: Map<string, Tracked>;
  /** Which incident answers for the key of a cause or attack. */
  answering: Map<string, string>;
  attacks: Map<string, Attack>;
  /** When the next attack may turn quiet. */
  nextQuietAt: number;
  /** Incidents of watched causes that stand or have just recovered: those that a step has to look at. */
  hot: Set<Tracked>;
  /** Incidents in which each indicator was seen. */
  sightings: Map<string, Set<string>>;
  /** Times of the last openings of each class. */
  openings: Map<string, number[]>;
  silences: Silence[];
  /** Number of the last incident. */
  lastNumber: number;
  lastClue: number;
  wakes: Wakes;
  derived: Derived;
}

export type Input =
  | { type: "registry"; registry: Registry }
  | { type: "report"; agent: string; report: Report; receivedAt: number }
  | { type: "detection"; agent: string; detection: Detection; receivedAt: number }
  | { type: "presence"; agent: string; presence: "live" | "silent" | "unknown"; since: number }
  | {
      type: "person";
      account: string;
      incident: string;
      act: Act;
      /** The incident as the record has it, when the correlator no longer follows it. */
      kept?: Incident;
    }
  | { type: "declare"; account: string; declared: Declared }
  | { type: "silences"; silences: Silence[] }
  /** The province decides otherwise from now on. */
  | { type: "policy"; policy: Policy }
  | { type: "tick" };

/** What a person tells of that no agent saw. */
export interface Declared {
  asset: string;
  class: IncidentClass;
  severity: Severity;
  detectedAt: number;
  summary: string;
  agencies: string[];
  indicators: Indicator[];
}

/** The whole new state of an incident. */
export interface Change {
  type: "incident";
  incident: Incident;
}

export function initialState(settings: Settings): State {
  return {
    settings,
    topology: undefined,
    clues: new Map(),
    lastRun: new Map(),
    presence: new Map(),
    cutOff: [],
    unreachableAt: new Map(),
    standing: new Map(),
    tracked: new Map(),
    answering: new Map(),
    attacks: new Map(),
    nextQuietAt: Number.POSITIVE_INFINITY,
    hot: new Set(),
    sightings: new Map(),
    openings: new Map(),
    silences: [],
    lastNumber: 0,
    lastClue: 0,
    wakes: noWakes(),
    derived: nothingDerived(),
  };
}

/** Asks for a decision no later than `at`, whoever else waits. */
export function wake(state: State, at: number): void {
  const next = nextWakeAt(state.wakes);
  if (next === undefined || at < next) wakeOf(state.wakes, "any", at);
}
