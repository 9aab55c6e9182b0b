// Notices that two live processes go by one agent's name (a copied disk, a stolen key). Each process says hello under an id of its own; when an
// agent is started again a new id follows the old one, which never comes back. One that does come back after another was there is a
// second live one. Pure but for what it remembers.

export interface CloneWatch {
  /** A process said hello and was admitted. True when that shows a clone, and has not been told of this agent within the hour. */
  heard(agent: string, instance: string, monotonicMs: number): boolean;
}

interface Seen {
  current: string;
  /** Whom others followed, the newest last. */
  before: string[];
  toldAt?: number;
}

/** Two that take turns are seen at once; more are of no further use. */
const REMEMBERED = 8;
/** They put each other out every few seconds: it is told once in this time. */
const TOLD_EVERY_MS = 3_600_000;

export function cloneWatch(): CloneWatch {
  const agents = new Map<string, Seen>();
  return {
    heard(agent, instance, at) {
      const seen = agents.get(agent);
      if (!seen) agents.set(agent, { current: instance, before: [] });
      if (!seen || seen.current === instance) return false;
      const returned = seen.before.includes(instance);
      seen.before = [...seen.before.filter((i) => i !== instance), seen.current].slice(-REMEMBERED);
      seen.current = instance;
      if (!returned || (seen.toldAt !== undefined && at - seen.toldAt < TOLD_EVERY_MS)) return false;
      seen.toldAt = at;
      return true;
    },
  };
}
