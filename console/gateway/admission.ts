// What the gateway asks about whom it may let in. The console gives it; the gateway keeps no list of its own.

export type MayEnrol = "yes" | "approval-pending" | "approval-refused";

export interface Admission {
  /** Certificates of that agent that were issued until then are refused; undefined: none is. */
  revokedAt(agent: string): number | undefined;
  /** May this key become the agent's, now? Where a person has to say so, it is kept who asked. */
  mayEnrol(agent: string, keySha256: string, address: string): MayEnrol;
  /** A certificate was handed out: its approval is used up. */
  enrolled(agent: string): void;
}
