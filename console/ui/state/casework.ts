// People's work on one incident, fetched for the detail and again whenever the incident changes; and the verbs that change it.
import { useEffect, useState } from "preact/hooks";
import type { CasePart, CaseState, Casework, WorkEvent } from "../../../protocol/casework.ts";
import type { Incident } from "../../../protocol/incident.ts";
import type { Bilingual } from "../../../protocol/registry.ts";
import { type ActionOutcome, postTo } from "./api.ts";

export type { CasePart };
export interface CaseView {
  restricted?: undefined;
  work: Casework;
  state: CaseState;
  events: WorkEvent[];
  natures: Record<string, Bilingual>;
  grades: Record<string, Bilingual>;
}

/** The case of an incident; no view until it is there, and where the console keeps none. `again` fetches it anew. */
export function useCase(incident: Incident): { view: CaseView | CasePart | undefined; again(): void } {
  const [view, setView] = useState<{ id: string; value: CaseView | CasePart }>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    fetch(pathOf(incident.id, "case"), { signal: abort.signal, headers: { accept: "application/json" } })
      .then(async (response) => {
        if (!response.ok) return;
        const { result } = (await response.json()) as { result: CaseView | CasePart };
        setView({ id: incident.id, value: result });
      })
      .catch(() => undefined);
    return () => abort.abort();
  }, [incident, round]);
  return { view: view?.id === incident.id ? view.value : undefined, again: () => setRound((n) => n + 1) };
}

/** Does one of the verbs of the console's casework. */
export const work = (incident: string, verb: string, body: object): Promise<ActionOutcome> =>
  postTo(pathOf(incident, `casework/${verb}`), body);

export const timelineHref = (incident: string, format: "html" | "csv" | "json", language: string): string =>
  `${pathOf(incident, `timeline/${format}`)}?language=${language}`;

const pathOf = (incident: string, rest: string) => `/api/incidents/${encodeURIComponent(incident)}/${rest}`;
