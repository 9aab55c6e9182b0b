// Joins the parts of the state: who is signed in, the feed, the model. The screen reads these stores and calls these verbs.
import { type Me, signOut, whoAmI } from "./api.ts";
import { setConsoleTime } from "./clock.ts";
import { type Feed, type LinkState, openFeed, type Place } from "./feed.ts";
import { applyMessage, type Model } from "./model.ts";
import { forgetNotices, loadNotices } from "./notices.ts";
import { proofAsked } from "./proof.ts";
import { createStore } from "./store.ts";

export type Session =
  | { phase: "checking" }
  | { phase: "signed-out"; ended: boolean }
  /** `me` is absent while the console cannot be asked. */
  | { phase: "signed-in"; account: string; me?: Me };

export const session = createStore<Session>({ phase: "checking" });
export const model = createStore<Model | undefined>(undefined);
export const link = createStore<LinkState>({ phase: "connecting" });
let feed: Feed | undefined;

/** Asks who is signed in and opens the feed, or leaves the sign-in page standing. */
export async function enter(): Promise<void> {
  const me = await whoAmI();
  if (me === undefined) return leave(false);
  // A console out of reach at start: try the feed, which says so loudly, rather than ask for a code that nobody can take.
  session.set(signedIn(me));
  void loadNotices(true);
  feed?.close();
  feed = openFeed({
    connect: (place) => new WebSocket(feedAddress(place)),
    onMessage(message) {
      setConsoleTime(message.at);
      if (message.t === "notice") void loadNotices();
      model.set(applyMessage(model.get(), message));
    },
    onLink: link.set,
    async maySignedInStill() {
      const still = await whoAmI();
      if (still === undefined) leave(true);
      else if (still !== "unreachable") session.set(signedIn(still));
      return still !== undefined;
    },
    now: Date.now,
    random: Math.random,
  });
}

const signedIn = (me: Me | "unreachable"): Session =>
  me === "unreachable" ? { phase: "signed-in", account: "" } : { phase: "signed-in", account: me.account, me };

/** Asks anew who is signed in, after something about them was changed. */
export async function refreshMe(): Promise<void> {
  const me = await whoAmI();
  if (me !== undefined && me !== "unreachable") session.set(signedIn(me));
}

/** Whether whoever is signed in has a permission. The console decides; this is only for what to offer. */
export const may = (permission: string) => (s: Session) =>
  s.phase === "signed-in" && (s.me?.permissions.includes(permission) ?? false);
/** Whether they see the whole province. */
export const seesAll = (s: Session): boolean => s.phase === "signed-in" && s.me?.agencies === null;

function feedAddress(place: Place | undefined): URL {
  const url = new URL("/feed", location.href.replace(/^http/, "ws"));
  if (place) url.search = new URLSearchParams({ run: place.run, after: String(place.after) }).toString();
  return url;
}

export const retryFeed = (): void => feed?.retryNow();

/** Whenever the page is seen or the network is back, old data must not pass for live for even a second. */
export function watchWakeUps(): void {
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && feed?.check());
  addEventListener("online", () => feed?.check());
}

/** Ends the session at the console, then here. False when the console could not be told: the session then still lives. */
export async function exit(): Promise<boolean> {
  const ended = await signOut();
  if (ended) leave(false);
  return ended;
}

/** Forgets everything that was shown: the next person must not see it. `ended`: it was not by their own will. */
export function leave(ended: boolean): void {
  feed?.close();
  feed = undefined;
  forgetNotices();
  model.set(undefined);
  proofAsked.get()?.answer(false);
  link.set({ phase: "connecting" });
  session.set({ phase: "signed-out", ended });
}
