// Small labelled things used everywhere: severity, state, times that tick, names of assets.
import type { Severity } from "../../../protocol/finding.ts";
import type { Incident, IncidentState } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import { useNow } from "../state/clock.ts";
import { ago, dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { Icon, type IconName } from "./icons.tsx";

const SEVERITY_ICON: Record<Severity, IconName> = {
  critical: "alert",
  high: "alert",
  medium: "alert",
  low: "dash",
  info: "dash",
};

export function SeverityLabel({ severity }: { severity: Severity }) {
  const { t } = useWords();
  return (
    <span class={`label severity-${severity}`}>
      <Icon name={SEVERITY_ICON[severity]} />
      {t(`severity.${severity}`)}
    </span>
  );
}

const STATE_ICON: Record<IncidentState, IconName> = {
  new: "live",
  acknowledged: "person",
  investigating: "search",
  contained: "shield",
  recovered: "check",
  closed: "check",
};

/** How far the work has come; of an attack without new signs, that it is quiet. */
export function StateLabel({ incident }: { incident: Incident }) {
  const { t } = useWords();
  const { state } = incident;
  if (phaseOf(incident) === "waiting" && state !== "recovered")
    return (
      <span class="label state-quiet">
        <Icon name="clock" />
        {t("state.quiet")}
      </span>
    );
  return (
    <span class={`label state-${state}`}>
      <Icon name={STATE_ICON[state]} />
      {t(`state.${state}`)}
    </span>
  );
}

/** A point in time, absolute in Vietnam's time. */
export function At({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{dateTime(at)}</time>;
}

/** How long ago, ticking each second by the console's clock. Not read aloud at each tick. */
export function Ago({ at }: { at: number }) {
  const { language } = useWords();
  return <span class="ago">{ago(language, at, useNow())}</span>;
}
