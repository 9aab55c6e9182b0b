// Which page and which incident are open, kept in the address's fragment, so that Back leads back and a link can be sent.
import { createStore } from "./store.ts";

const PREFIX = "#incident/";
const read = (): string | undefined =>
  location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : undefined;

/** The page's name as it stands in the address: "" is the watch itself, also with an incident open. */
const readPage = (): string => (location.hash.startsWith(PREFIX) ? "" : location.hash.slice(1));

export const openIncident = createStore<string | undefined>(read());
export const openPage = createStore<string>(readPage());
addEventListener("hashchange", () => {
  openIncident.set(read());
  openPage.set(readPage());
});

export const incidentHref = (id: string): string => `${PREFIX}${encodeURIComponent(id)}`;

/** Closes the detail without leaving the page or growing the history with empty fragments. */
export function closeDetail(): void {
  history.replaceState(null, "", location.pathname + location.search);
  openIncident.set(undefined);
  openPage.set("");
}
