// What was told to whoever is signed in: fetched at the start and whenever the console says that there is more.
import type { Notice } from "../../../protocol/notice.ts";
import { call } from "./api.ts";
import { language } from "./preferences.ts";
import { ring } from "./sound.ts";
import { createStore } from "./store.ts";

export const notices = createStore<readonly Notice[]>([]);
/** Those that came while the page was open and nobody put away. */
export const fresh = createStore<readonly Notice[]>([]);
const known = new Set<string>();

/** `first`: what was told before the page was opened is no news. */
export async function loadNotices(first = false): Promise<void> {
  const answer = await call<{ items: Notice[] }>("GET", `/api/me/notices?language=${language.get()}`);
  if (!answer.ok) return;
  const { items } = answer.value;
  const news = first ? [] : items.filter((n) => !known.has(n.id) && !n.seen);
  for (const n of items) known.add(n.id);
  notices.set(items);
  if (news.length === 0) return;
  fresh.set([...news, ...fresh.get()].slice(0, 4));
  const loud = news.filter((n) => n.sound);
  const worst = loud.find((n) => n.severity === "critical" || n.severity === "high") ?? loud[0];
  if (!worst) return;
  ring(worst.severity);
  if (document.hidden && mayNotify() === "granted")
    new Notification(worst.subject, { body: worst.summary, tag: worst.id, silent: true });
}

export const putAway = (id: string): void => fresh.set(fresh.get().filter((n) => n.id !== id));

/** One has looked at the list. */
export async function markSeen(): Promise<void> {
  fresh.set([]);
  if (notices.get().every((n) => n.seen)) return;
  const answer = await call("POST", "/api/me/notices/seen", {});
  if (answer.ok) notices.set(notices.get().map((n) => ({ ...n, seen: true })));
}

/** Nothing of this person stays for the next. */
export function forgetNotices(): void {
  known.clear();
  notices.set([]);
  fresh.set([]);
}

/** Whether the browser may show messages of its own; `absent` where it cannot. */
export const mayNotify = (): NotificationPermission | "absent" =>
  "Notification" in globalThis ? Notification.permission : "absent";

// Of another language, told anew.
language.watch(() => void (notices.get().length > 0 && loadNotices(true)));
