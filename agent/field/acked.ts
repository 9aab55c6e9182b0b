// A mark on disk that the console acknowledges this agent, for whoever watches an upgrade: which release, and a number that rises.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const EVERY_MS = 1_000;

export interface Acked {
  serial: number;
  /** Differs with each start, and rises with the marks of one life. */
  mark: string;
}

/** Call what comes back at each ack. Not flushed: a mark that a power cut takes is made again. */
export function ackMarker(stateDir: string, serial: number, monotonic: () => number): () => void {
  const path = join(stateDir, "acked.json");
  const life = `${process.pid}-${Date.now()}`;
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (monotonic() - last < EVERY_MS) return;
    last = monotonic();
    const acked: Acked = { serial, mark: `${life}-${++count}` };
    try {
      writeFileSync(`${path}.new`, JSON.stringify(acked));
      renameSync(`${path}.new`, path);
    } catch {
      // A full disk: an upgrade that is being watched is taken back, which is right.
    }
  };
}
