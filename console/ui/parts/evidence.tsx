// The evidence of an incident as a table; on a phone each row stands as a card with its column's name before each value.
import { useState } from "preact/hooks";
import type { Evidence } from "../../../protocol/finding.ts";
import type { IncidentEvidence } from "../../../protocol/incident.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { factsOf, nameOf, tagTitle } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { At } from "./labels.tsx";

const ROWS_AT_ONCE = 12;

export function EvidenceTable({ evidence }: { evidence: IncidentEvidence[] }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  const [shown, setShown] = useState(ROWS_AT_ONCE);
  if (evidence.length === 0) return <p class="quiet-text">{t("incident.evidence.none")}</p>;
  return (
    <>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">{t("incident.evidence.what")}</th>
            <th scope="col">{t("incident.evidence.observer")}</th>
            <th scope="col">{t("incident.evidence.since")}</th>
            <th scope="col">{t("incident.evidence.facts")}</th>
          </tr>
        </thead>
        <tbody>
          {evidence.slice(0, shown).map((e) => (
            <tr key={[e.target, e.subject, e.tag, e.since].join("\n")}>
              <td data-label={t("incident.evidence.what")}>
                <span class="finding-title">{tagTitle(language, e.tag)}</span>
                <span class="finding-tag">{e.tag}</span>
              </td>
              <td data-label={t("incident.evidence.observer")}>
                {names ? nameOf(names, language, e.agency) : e.agency}
                {e.agent !== e.agency && <span class="finding-tag">{e.agent}</span>}
              </td>
              <td data-label={t("incident.evidence.since")} class="nowrap">
                <At at={e.since} />
              </td>
              <td data-label={t("incident.evidence.facts")}>
                <FactList subject={e.subject} facts={e.evidence} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {evidence.length > shown && (
        <button type="button" class="button" onClick={() => setShown(evidence.length)}>
          {t("incidents.more", { count: evidence.length - shown })}
        </button>
      )}
    </>
  );
}

const NO_NAMES = new Map();

/** Facts as short pairs; `subject` is what the check looked at within its target, said unless a fact says it already. */
export function FactList({ subject, facts }: { subject?: string; facts: Evidence }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names) ?? NO_NAMES;
  const said = Object.values(facts).some((v) => v === subject);
  return (
    <dl class="facts">
      {subject && !said && (
        <div>
          <dt>{t("incident.evidence.subject")}</dt>
          <dd class="code">{subject}</dd>
        </div>
      )}
      {factsOf(language, facts, names).map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd class={fact.isName ? "" : "code"}>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
