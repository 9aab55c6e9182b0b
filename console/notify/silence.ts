// What a watcher elsewhere makes of signs of life: (state, input, now) → state and what has to be told. Pure. The rules:
// - Silence is told once, then again every `repeatMs` while it lasts; so is a console that says of itself that it is not well.
// - A watcher that was itself away gives the console its full time from then on: it must not cry for its own absence.
export interface Watched {
  /** The last sign of life, by the watcher's clock. */
  heardAt: number;
  ready: boolean;
  detail: string;
  unwellSince?: number;
  told?: { what: Trouble; since: number; at: number };
}
export type Trouble = "silent" | "unwell";
export interface Telling {
  what: Trouble | "back";
  since: number;
  detail: string;
}
export interface Patience {
  silentAfterMs: number;
  repeatMs: number;
  startedAt: number;
}

export const heard = (w: Watched, ready: boolean, detail: string, now: number): Watched => ({
  ...without(w),
  heardAt: now,
  ready,
  detail,
  ...(ready ? {} : { unwellSince: w.unwellSince ?? now }),
});
const without = ({ unwellSince: _, ...w }: Watched): Watched => w;

export function judge(w: Watched, p: Patience, now: number): { watched: Watched; tell?: Telling } {
  const silent = now - Math.max(w.heardAt, p.startedAt) >= p.silentAfterMs;
  // One refused record is no trouble; one that lasts is.
  const unwell = !silent && w.unwellSince !== undefined && now - w.unwellSince >= p.silentAfterMs;
  const what: Trouble | undefined = silent ? "silent" : unwell ? "unwell" : undefined;
  if (what === undefined) {
    if (!w.told || now - w.heardAt >= p.silentAfterMs || !w.ready) return { watched: w };
    const { told, ...rest } = w;
    return { watched: rest, tell: { what: "back", since: told.since, detail: "" } };
  }
  const since = what === "silent" ? w.heardAt : (w.unwellSince ?? now);
  if (w.told?.what === what && now - w.told.at < p.repeatMs) return { watched: w };
  const told = { what, since: w.told?.what === what ? w.told.since : since, at: now };
  return { watched: { ...w, told }, tell: { what, since: told.since, detail: w.detail } };
}
