// What each check says of one agency, in plain words for the person who must mend it: what, since when, why, how.
import type { TargetStatus } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import { type AgencyView, kindOf } from "../state/agency.ts";
import { incidentHref } from "../state/route.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { clauseOf, kindTitle, nameOf, tagRemedy, tagTitle } from "../text/describe.ts";
import { dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { FactList } from "./evidence.tsx";
import { Icon, STATUS_ICON } from "./icons.tsx";
import { Ago, SeverityLabel } from "./labels.tsx";

export function AgencyChecks({ id, agency, kinds }: { id: string; agency: AgencyView; kinds: readonly string[] }) {
  const { t, name } = useWords();
  const targets = kinds.flatMap((k) => agency.cells.get(k)?.targets ?? []);
  return (
    <div class="checks" id={id}>
      {agency.incidents.map(({ incident, group }) => (
        <a key={incident.id} class={`because ${group}`} href={incidentHref(incident.id)}>
          <Icon name={group} />
          <span>
            <strong>{t(`impact.${group}`)}</strong>: {name(incident.cause.name)}
          </span>
          <span class="incident-id">{incident.id}</span>
        </a>
      ))}
      {agency.silent.map((a) => (
        <p key={a.agent} class="silence">
          <Icon name="question" />
          {a.presence === "silent" ? t("agency.silent.since", { time: dateTime(a.since) }) : t("agency.unheard")}
        </p>
      ))}
      {targets.length === 0 && <p class="quiet-text">{t("agency.nothing")}</p>}
      <ul class="check-list">
        {targets.map((target) => (
          <Check key={target.target} target={target} />
        ))}
      </ul>
    </div>
  );
}

function Check({ target }: { target: TargetStatus }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  const owner = useStore(model, (m) => m?.owners.get(target.asset));
  const kind = kindOf(target.target);
  const shared = target.status === "finding" && owner !== undefined && owner !== target.agency;
  return (
    <li class={`check status-${target.status}`}>
      <p class="check-head">
        <span class="check-status">
          <Icon name={STATUS_ICON[target.status]} />
          {t(`status.${target.status}`)}
        </span>
        <strong>{kindTitle(language, kind)}</strong>
        {names && <span class="quiet-text">{nameOf(names, language, target.asset)}</span>}
        {target.severity && <SeverityLabel severity={target.severity} />}
        <span class="check-since">
          {t("status.since", { time: dateTime(target.since) })} · <Ago at={target.since} />
        </span>
      </p>
      {shared && names && (
        <p class="quiet-text">{t("status.shared", { asset: nameOf(names, language, target.asset) })}</p>
      )}
      {target.status === "unknown" && <p class="quiet-text">{t("status.unknown.text")}</p>}
      {target.reason && (target.status === "broke" || target.status === "skipped") && (
        <p class="quiet-text">{t(`status.${target.status}.text`, { reason: target.reason })}</p>
      )}
      {target.tags.map((tag) => (
        <Finding key={tag} tag={tag} target={target.target} />
      ))}
      {target.facts && Object.keys(target.facts).length > 0 && <FactList facts={target.facts} />}
    </li>
  );
}

/** One finding: its title, what was seen (from the incident that holds its evidence), and the remedy. */
function Finding({ tag, target }: { tag: string; target: string }) {
  const { language, t } = useWords();
  const incidents = useStore(model, (m) => m?.incidents);
  const seen = [...(incidents?.values() ?? [])]
    .filter((i) => phaseOf(i) === "open")
    .flatMap((i) => i.evidence)
    .filter((e) => e.target === target && e.tag === tag);
  const remedy = tagRemedy(language, tag);
  return (
    <div class="finding">
      <p>
        <span class="finding-title">{tagTitle(language, tag)}</span> <span class="finding-tag">{tag}</span>
      </p>
      {seen.map((e) => (
        <FactList key={e.subject} subject={e.subject} facts={e.evidence} />
      ))}
      {remedy && (
        <p class="remedy">
          <strong>{t("status.remedy")}:</strong> {remedy}
        </p>
      )}
      {clauseOf(language, tag) && <p class="clause">{t("status.clause", { clause: clauseOf(language, tag) })}</p>}
    </div>
  );
}
