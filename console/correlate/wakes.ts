// What the correlator waits for: an instant for each source that asked, the earliest first. Pure. A binary heap in which an
// entry that was replaced stays until it comes up, so that each act costs the logarithm of what waits.

export interface Wakes {
  /** The instant that counts for each source. */
  at: Map<string, number>;
  heap: { at: number; source: string }[];
}

export const noWakes = (): Wakes => ({ at: new Map(), heap: [] });

/** Asks for a wake of `source` at that time, in place of what it asked for before. */
export function wakeOf(wakes: Wakes, source: string, at: number): void {
  if (wakes.at.get(source) === at) return;
  wakes.at.set(source, at);
  push(wakes.heap, { at, source });
}

/** The earliest instant that somebody waits for. */
export function nextWakeAt(wakes: Wakes): number | undefined {
  while (wakes.heap.length > 0) {
    const first = wakes.heap[0]!;
    if (wakes.at.get(first.source) === first.at) return first.at;
    pop(wakes.heap);
  }
  return undefined;
}

/** Takes out every source that is due at `now`. */
export function takeDue(wakes: Wakes, now: number): string[] {
  const due: string[] = [];
  for (let at = nextWakeAt(wakes); at !== undefined && at <= now; at = nextWakeAt(wakes)) {
    const { source } = pop(wakes.heap)!;
    wakes.at.delete(source);
    due.push(source);
  }
  return due;
}

type Entry = Wakes["heap"][number];

function push(heap: Entry[], entry: Entry): void {
  let i = heap.push(entry) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]!.at <= entry.at) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return first;
  let i = 0;
  for (let child = 1; child < heap.length; child = 2 * i + 1) {
    if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child += 1;
    if (heap[child]!.at >= last.at) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return first;
}
