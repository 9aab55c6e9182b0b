// One incident in the list, to be understood in three seconds: what, how bad, who is cut off, since when, whose.
import { memo } from "preact/compat";
import type { Incident } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import { useNow } from "../state/clock.ts";
import { beganAt, causeReason, endOf, mainTags } from "../state/incidents.ts";
import { incidentHref } from "../state/route.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { describeReason } from "../text/describe.ts";
import { duration } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { ClockLeft } from "./casework.tsx";
import { Icon } from "./icons.tsx";
import { ImpactGroups } from "./impact.tsx";
import { Ago, At, SeverityLabel, StateLabel } from "./labels.tsx";

const NEW_FOR_MS = 120_000;
const NAMED = { open: 8, waiting: 3 } as const;

/** `arrived`: it came while this page was open, so it may draw the eye once. */
export const IncidentCard = memo(function IncidentCard(props: {
  incident: Incident;
  selected: boolean;
  arrived: boolean;
}) {
  const { incident, selected, arrived } = props;
  const { t, name } = useWords();
  const open = phaseOf(incident) === "open";
  return (
    <article
      class={`incident severity-edge-${incident.severity} ${open ? "is-open" : "is-over"} ${arrived ? "arrived" : ""}`}
      aria-labelledby={`name-${incident.id}`}
      data-testid="incident"
      data-incident-id={incident.id}
      data-class={incident.class}
      data-state={incident.state}
      data-phase={phaseOf(incident)}
      data-severity={incident.severity}
      data-cause={incident.cause.asset}
    >
      <div class="incident-labels">
        <SeverityLabel severity={incident.severity} />
        <span class="label plain">{t(`class.${incident.class}`)}</span>
        <StateLabel incident={incident} />
        {open && <NewLabel openedAt={incident.openedAt} />}
        <span class="incident-id">{incident.id}</span>
      </div>
      <h4 id={`name-${incident.id}`}>
        <a href={incidentHref(incident.id)} aria-current={selected ? "true" : undefined} data-focus={incident.id}>
          {name(incident.cause.name)}
          {incident.cause.actor && <span class="actor"> ← {incident.cause.actor}</span>}
        </a>
      </h4>
      <CauseSentence incident={incident} />
      {incident.state !== "closed" && (
        <ImpactGroups impact={incident.impact} named={open ? NAMED.open : NAMED.waiting} over={!open} />
      )}
      <dl class="incident-facts">
        <div>
          <dt>
            <Icon name="clock" /> {t("incident.began")}
          </dt>
          <dd>
            <At at={beganAt(incident)} /> <span class="dot">·</span>{" "}
            {open ? <Ago at={beganAt(incident)} /> : <Lasted incident={incident} />}
          </dd>
        </div>
        <div>
          <dt>
            <Icon name="person" /> {t("incident.owner")}
          </dt>
          <dd class={incident.owner ? "" : "nobody"}>{incident.owner ?? t("incident.owner.none")}</dd>
        </div>
        <CardWork incident={incident} />
      </dl>
    </article>
  );
});

/** The legal clock that runs out first, the campaign, how many a storm holds. */
function CardWork({ incident }: { incident: Incident }) {
  const { t, name } = useWords();
  const next = (incident.work?.clocks ?? [])
    .filter((c) => c.metAt === undefined && c.dueAt !== undefined)
    .sort((a, b) => a.dueAt! - b.dueAt!)[0];
  return (
    <>
      {next && (
        <div>
          <dt>
            <Icon name="clock" /> {name(next.title)}
          </dt>
          <dd>
            <ClockLeft clock={next} />
          </dd>
        </div>
      )}
      {incident.campaign && (
        <div>
          <dt>{t("incident.campaign")}</dt>
          <dd>{incident.campaign}</dd>
        </div>
      )}
      {incident.storm && <div>{t("incident.collapsed", { count: incident.storm.count })}</div>}
    </>
  );
}

export function CauseSentence({ incident }: { incident: Incident }) {
  const { language } = useWords();
  const names = useStore(model, (m) => m?.names);
  const reason = causeReason(incident);
  return reason && names ? <p class="cause">{describeReason(language, reason, names, mainTags(incident))}</p> : null;
}

/** How long it lasted, once it is over. */
export function Lasted({ incident }: { incident: Incident }) {
  const { language, t } = useWords();
  const end = endOf(incident);
  if (end === undefined) return null;
  return <span class="ago">{t("time.lasted", { duration: duration(language, end - beganAt(incident)) })}</span>;
}

function NewLabel({ openedAt }: { openedAt: number }) {
  const { t } = useWords();
  return useNow() - openedAt < NEW_FOR_MS ? <span class="label new">{t("incidents.new")}</span> : null;
}
