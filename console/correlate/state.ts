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
import type { Topology } from "./topology.ts";

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
  wakeAt: number | undefined;
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
    wakeAt: undefined,
  };
}

/** Asks for a tick no later than `at`. */
export function wake(state: State, at: number): void {
  if (state.wakeAt === undefined || at < state.wakeAt) state.wakeAt = at;
}
