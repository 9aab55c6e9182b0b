// Wrong guesses by where they came from, in memory and bounded: a restart forgives them, an account's own count (in the record)
// is not forgiven.
import { BY_SOURCE, type Misses, missed, waitOf } from "../../people/lockout.ts";

const MOST_SOURCES = 10_000;

export function guessBook(monotonic: () => number) {
  const sources = new Map<string, Misses>();
  return {
    /** How long this source must wait, in ms; 0 for not at all. */
    wait: (source: string): number => waitOf(sources.get(source), monotonic()),
    wrong(source: string): void {
      const misses = missed(sources.get(source), BY_SOURCE, monotonic());
      sources.delete(source);
      sources.set(source, misses);
      if (sources.size > MOST_SOURCES) sources.delete(sources.keys().next().value!);
    },
    right(source: string): void {
      sources.delete(source);
    },
  };
}
