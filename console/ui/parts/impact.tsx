// Whom an incident hits, in three groups that are never mixed: cut off, down to one path, users of what is broken.
import type { Impact } from "../../../protocol/incident.ts";
import { joinList } from "../../../protocol/locales/index.ts";
import { IMPACT_GROUPS, type ImpactGroup } from "../state/agency.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { Icon } from "./icons.tsx";

/** The groups that have somebody in them. `named`: how many agencies a group names before it counts; all when absent. */
export function ImpactGroups({ impact, named, over }: { impact: Impact; named?: number; over?: boolean }) {
  const groups = IMPACT_GROUPS.filter((g) => impact[g].length > 0);
  const { t } = useWords();
  if (groups.length === 0) return <p class="quiet-text">{t("incident.impact.none")}</p>;
  return (
    <ul class={over ? "impact over" : "impact"}>
      {groups.map((group) => (
        <Group key={group} group={group} agencies={impact[group]} named={named} />
      ))}
    </ul>
  );
}

function Group({ group, agencies, named }: { group: ImpactGroup; agencies: string[]; named?: number }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  const shown = agencies.map((id) => (names ? nameOf(names, language, id) : id));
  return (
    <li class={`impact-group ${group}`} data-testid={group} data-count={agencies.length}>
      <p class="impact-head">
        <Icon name={group} />
        <strong>{t(`impact.${group}`)}</strong>
        <span class="count">{t("impact.agencies", { count: agencies.length })}</span>
        {named === undefined && <span class="quiet-text">{t(`impact.${group}.hint`)}</span>}
      </p>
      {named === undefined ? (
        <ul class="impact-names">
          {shown.map((name, i) => (
            <li key={agencies[i]} data-agency={agencies[i]}>
              {name}
            </li>
          ))}
        </ul>
      ) : (
        <p class="impact-line">{joinList(language, shown, named)}</p>
      )}
    </li>
  );
}
