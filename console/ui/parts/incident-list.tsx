// The incidents: open ones first, then those that wait for a person, then the closed ones, folded away.
import { useMemo, useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { groupIncidents } from "../state/incidents.ts";
import { openIncident } from "../state/route.ts";
import { link, model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";
import { useArrivals } from "./announcer.tsx";
import { Icon } from "./icons.tsx";
import { IncidentCard } from "./incident-card.tsx";

const CLOSED_AT_ONCE = 20;

export function IncidentList() {
  const { t } = useWords();
  const incidents = useStore(model, (m) => m?.incidents);
  const groups = useMemo(() => groupIncidents(incidents?.values() ?? []), [incidents]);
  const [closedShown, setClosedShown] = useState(CLOSED_AT_ONCE);
  return (
    <section class="incidents" aria-labelledby="incidents-title">
      <h2 id="incidents-title">{t("incidents.title")}</h2>
      {groups.open.length === 0 ? (
        <NothingOpen />
      ) : (
        <Group title={t("incidents.open")} incidents={groups.open} hideTitle />
      )}
      {groups.waiting.length > 0 && <Group title={t("incidents.waiting")} incidents={groups.waiting} />}
      {groups.closed.length > 0 && (
        <details class="closed">
          <summary>
            <Icon name="chevron" />
            {t("incidents.closed")} <span class="count">{groups.closed.length}</span>
          </summary>
          <Group title={t("incidents.closed")} incidents={groups.closed.slice(0, closedShown)} hideTitle />
          {groups.closed.length > closedShown && (
            <button type="button" class="button" onClick={() => setClosedShown(closedShown + CLOSED_AT_ONCE)}>
              {t("incidents.more", { count: Math.min(CLOSED_AT_ONCE, groups.closed.length - closedShown) })}
            </button>
          )}
        </details>
      )}
    </section>
  );
}

function Group({ title, incidents, hideTitle }: { title: string; incidents: Incident[]; hideTitle?: boolean }) {
  const selected = useStore(openIncident, (id) => id);
  const arrived = useArrivals();
  return (
    <div class="incident-group">
      <h3 class={hideTitle ? "visually-hidden" : ""}>
        {title} <span class="count">{incidents.length}</span>
      </h3>
      {incidents.map((i) => (
        <IncidentCard key={i.id} incident={i} selected={i.id === selected} arrived={arrived.has(i.id)} />
      ))}
    </div>
  );
}

/** The calm statement; it is not made while the feed is lost, for then nobody knows. */
function NothingOpen() {
  const { t } = useWords();
  const live = useStore(link, (l) => l.phase === "live");
  const agencies = useStore(model, (m) => m?.agencies);
  const all = [...(agencies?.values() ?? [])];
  const good = all.filter((a) => a.overall === "good").length;
  return (
    <div class={live ? "nothing" : "nothing doubtful"} data-testid={live ? "empty-incidents" : undefined}>
      <Icon name={live ? "check" : "question"} />
      <div>
        <p class="nothing-title">{t(live ? "incidents.none.title" : "incidents.none.stale.title")}</p>
        <p>{live ? t("incidents.none.text", { good, total: all.length }) : t("incidents.none.stale")}</p>
      </div>
    </div>
  );
}
