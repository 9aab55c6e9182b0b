// Who is live: an agent with a frame within `silentAfterMs`, by monotonic time. After a start of the console nobody is
// judged until it spoke or the grace is over. A stall of this process is not held against the agents.

export interface PresenceChange {
  agent: string;
  presence: "live" | "silent";
  /** Wall clock: for silence, when it was last heard. */
  since: number;
}

export interface PresenceRules {
  silentAfterMs: number;
  graceMs: number;
}

interface Mark {
  heardMono: number;
  heardAt: number;
  presence: "live" | "silent" | "unknown";
}

export interface PresenceBook {
  /** A frame of that agent arrived. Gives the change when it was not live before. */
  heard(agent: string, mono: number, at: number): PresenceChange | undefined;
  /** Agents of the registry: new ones are unknown with a grace, gone ones are forgotten. */
  setAgents(agents: Iterable<string>, mono: number, at: number): void;
  /** Who has fallen silent by now. Call it often and regularly: lateness is taken for a stall of our own. */
  sweep(mono: number): PresenceChange[];
}

/** A sweep that comes later than this after the one before was held up by this process or machine. */
export const STALL_MS = 1_000;

export function presenceBook(rules: PresenceRules): PresenceBook {
  const marks = new Map<string, Mark>();
  let sweptMono: number | undefined;
  return {
    heard(agent, mono, at) {
      const mark = marks.get(agent);
      if (!mark) return undefined;
      mark.heardMono = mono;
      mark.heardAt = at;
      if (mark.presence === "live") return undefined;
      mark.presence = "live";
      return { agent, presence: "live", since: at };
    },
    setAgents(agents, mono, at) {
      const wanted = new Set(agents);
      for (const id of marks.keys()) if (!wanted.has(id)) marks.delete(id);
      for (const id of wanted)
        if (!marks.has(id)) marks.set(id, { heardMono: mono + rules.graceMs, heardAt: at, presence: "unknown" });
    },
    sweep(mono) {
      const late = sweptMono === undefined ? 0 : mono - sweptMono;
      sweptMono = mono;
      const changes: PresenceChange[] = [];
      for (const [agent, mark] of marks) {
        if (late > STALL_MS) mark.heardMono += late;
        if (mark.presence === "silent" || mono - mark.heardMono <= rules.silentAfterMs) continue;
        mark.presence = "silent";
        changes.push({ agent, presence: "silent", since: mark.heardAt });
      }
      return changes;
    },
  };
}
