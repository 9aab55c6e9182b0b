// Which incident is open, kept in the address's fragment, so that Back closes it and a link to it can be sent.
import { createStore } from "./store.ts";

const PREFIX = "#incident/";
const read = (): string | undefined =>
  location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : undefined;

export const openIncident = createStore<string | undefined>(read());
addEventListener("hashchange", () => openIncident.set(read()));

export const incidentHref = (id: string): string => `${PREFIX}${encodeURIComponent(id)}`;

/** Closes the detail without leaving the page or growing the history with empty fragments. */
export function closeDetail(): void {
  history.replaceState(null, "", location.pathname + location.search);
  openIncident.set(undefined);
}
