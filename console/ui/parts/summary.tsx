// The line that answers "is all well?": incidents first, then agencies.
import { useMemo } from "preact/hooks";
import { groupIncidents } from "../state/incidents.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";
import { showWhatIsNotGood } from "./agencies.tsx";
import { Icon, type IconName } from "./icons.tsx";

export function Summary() {
  const { t } = useWords();
  const incidents = useStore(model, (m) => m?.incidents);
  const agencies = useStore(model, (m) => m?.agencies);
  const groups = useMemo(() => groupIncidents(incidents?.values() ?? []), [incidents]);
  const counts = useMemo(() => {
    const n = { good: 0, finding: 0, unknown: 0 };
    for (const a of agencies?.values() ?? []) n[a.overall]++;
    return n;
  }, [agencies]);
  const total = t("summary.of", { total: agencies?.size ?? 0 });
  return (
    <section class="summary" aria-label={t("summary.title")}>
      <Figure
        icon="alert"
        n={groups.open.length}
        label={t("summary.incidents")}
        tone={groups.open.length ? "bad" : "calm"}
      />
      <Figure
        icon="clock"
        n={groups.waiting.length}
        label={t("summary.waiting")}
        tone={groups.waiting.length ? "wait" : "calm"}
      />
      <Figure icon="check" n={counts.good} label={t("summary.good")} note={total} tone="good" />
      <Figure
        icon="alert"
        n={counts.finding}
        label={t("summary.finding")}
        tone={counts.finding ? "bad" : "calm"}
        onPress={showWhatIsNotGood}
      />
      <Figure
        icon="question"
        n={counts.unknown}
        label={t("summary.unknown")}
        tone={counts.unknown ? "wait" : "calm"}
        onPress={showWhatIsNotGood}
      />
    </section>
  );
}

function Figure(props: {
  icon: IconName;
  n: number;
  label: string;
  note?: string;
  tone: "good" | "bad" | "wait" | "calm";
  onPress?: () => void;
}) {
  const inside = (
    <>
      <Icon name={props.icon} />
      <span class="figure-n">{props.n}</span>
      <span class="figure-label">
        {props.label} {props.note && <span class="quiet-text">{props.note}</span>}
      </span>
    </>
  );
  const look = `figure ${props.tone}`;
  if (!props.onPress || props.n === 0) return <p class={look}>{inside}</p>;
  return (
    <button type="button" class={look} onClick={props.onPress}>
      {inside}
    </button>
  );
}
