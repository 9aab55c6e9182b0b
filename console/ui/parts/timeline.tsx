// What happened to an incident, when, by whom and why; the newest first.
import type { IncidentEvent } from "../../../protocol/incident.ts";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { describeReason } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { Icon } from "./icons.tsx";
import { At } from "./labels.tsx";

export function Timeline({ history, tags }: { history: IncidentEvent[]; tags: string[] }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  return (
    <ol class="timeline">
      {[...history].reverse().map((e, i) => (
        <li key={history.length - i} class={`event-${e.what}`}>
          <p class="event-head">
            <strong>{textIfKnown(language, `event.${e.what}`) ?? e.what}</strong>
            <At at={e.at} />
            <span class="event-by">
              {e.by !== "machine" && <Icon name="person" />}
              {e.by === "machine" ? t("incident.by.machine") : e.by}
            </span>
          </p>
          {names && <p class="event-why">{describeReason(language, e.reason, names, tags)}</p>}
        </li>
      ))}
    </ol>
  );
}
