// Makes an arriving incident noticeable: a polite word to screen readers, the count in the document's title, and the set
// of those that came while the page was open (which the list lets shine once).
import { useEffect, useRef } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import { causeReason, mainTags } from "../state/incidents.ts";
import { model } from "../state/session.ts";
import { createStore, useStore } from "../state/store.ts";
import { describeReason } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";

const arrivals = createStore<ReadonlySet<string>>(new Set());
const isOpen = (i: Incident | undefined): boolean => i !== undefined && phaseOf(i) === "open";
const NONE: ReadonlyMap<string, Incident> = new Map();

/** Ids of incidents that opened or came back while the page was open. */
export const useArrivals = (): ReadonlySet<string> => useStore(arrivals, (a) => a);

export function Announcer() {
  const { language, t, name } = useWords();
  const incidents = useStore(model, (m) => m?.incidents) ?? NONE;
  const names = useStore(model, (m) => m?.names);
  const before = useRef<ReadonlyMap<string, Incident> | undefined>(undefined);
  const region = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    const known = before.current;
    before.current = names ? incidents : undefined;
    if (!known || !names) return; // the first snapshot is no news
    const opened = [...incidents.values()].filter((i) => isOpen(i) && !isOpen(known.get(i.id)));
    const over = [...incidents.values()].filter((i) => i.state === "recovered" && isOpen(known.get(i.id)));
    if (opened.length > 0) arrivals.set(new Set([...arrivals.get(), ...opened.map((i) => i.id)]));
    const said = [
      ...opened.map((i) => {
        const reason = causeReason(i);
        return t("incidents.announce", {
          name: name(i.cause.name),
          reason: reason ? describeReason(language, reason, names, mainTags(i)) : "",
        });
      }),
      ...over.map((i) => t("incidents.announce.recovered", { name: name(i.cause.name) })),
    ];
    if (said.length > 0 && region.current) region.current.textContent = said.join(" ");
  }, [incidents, names]);

  const count = [...incidents.values()].filter(isOpen).length;
  useEffect(() => {
    const app = t("app.name");
    document.title = count > 0 ? t("title.open", { count, app }) : app;
  }, [count, t]);

  return <p ref={region} class="visually-hidden" aria-live="assertive" />;
}
