// Brings the counts and the text index up to the log, a slice at a time, when nothing more urgent waits: an item is acknowledged and
// correlated long before it can be searched.
import type { Logger } from "./log.ts";
import { messageOf } from "./problem.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

const SLICE_ITEMS = 500;
const MS = { busy: 500, more: 20, idle: 1_000 };

export interface IndexingParts {
  store: Pick<Store, "history" | "unsynced">;
  view: Pick<View, "targetOf">;
  /** More waits than is good: the index waits too. */
  pressed(): boolean;
  log: Logger;
}

/** Works until it is stopped. A failure is told and tried again: the log has everything. */
export function keepIndexed({ store, view, pressed, log }: IndexingParts): { stop(): void } {
  const agencyOf = (agent: string, target: string) => view.targetOf(agent, target)?.agency;
  let failed = false;
  const work = (): number => {
    if (pressed()) return MS.busy;
    try {
      // Nobody waits for the disk: a power cut loses no more of the index than it can make again from the log.
      const taken = store.unsynced(() => store.history.catchUp(SLICE_ITEMS, agencyOf));
      failed = false;
      return taken === SLICE_ITEMS ? MS.more : MS.idle;
    } catch (error) {
      if (!failed) log.error({ problem: "indexing-failed", detail: messageOf(error) });
      failed = true;
      return MS.idle;
    }
  };
  const again = () => {
    timer = setTimeout(again, work());
  };
  let timer = setTimeout(again, MS.idle);
  return { stop: () => clearTimeout(timer) };
}
