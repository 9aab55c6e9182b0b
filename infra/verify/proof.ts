// What a proof says: how much of the plan was looked at, and then only what differs.

export interface Proof {
  /** How many things the plan states, and how many of them could be looked at. */
  planned: number;
  probed: number;
  /** What is not as planned, each in one line that names it. */
  differences: Difference[];
}

export interface Difference {
  /** Where it was seen: a host, a link, a name. */
  where: string;
  /** A key of the texts (`verify.*`), with what fills it. */
  key:
    | "not-reached"
    | "reached"
    | "session-down"
    | "session-unknown"
    | "route-missing"
    | "route-not-in-kernel"
    | "rule-missing"
    | "rule-unknown"
    | "record-differs"
    | "record-unsigned"
    | "answer-bogus"
    | "silent";
  facts: Record<string, string>;
}

export const merged = (proofs: readonly Proof[]): Proof => ({
  planned: proofs.reduce((n, p) => n + p.planned, 0),
  probed: proofs.reduce((n, p) => n + p.probed, 0),
  differences: proofs.flatMap((p) => p.differences),
});

/** Runs a task for each of a list, a few at a time: each is a process of its own. */
export async function eachOf<T, R>(list: readonly T[], task: (item: T) => Promise<R>, atOnce = 4): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < list.length; i = next++) results[i] = await task(list[i]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
