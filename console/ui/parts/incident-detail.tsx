// Everything known of one incident: cause in words, impact by group, what to do, evidence, timeline, and the actions.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import { beganAt, causeReason, endOf, mainTags } from "../state/incidents.ts";
import { closeDetail } from "../state/route.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { clauseOf, describeReason, nameOf, tagRemedy, tagTitle } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { Actions } from "./actions.tsx";
import { CaseParts } from "./casework.tsx";
import { EvidenceTable } from "./evidence.tsx";
import { Icon } from "./icons.tsx";
import { ImpactGroups } from "./impact.tsx";
import { CauseSentence, Lasted } from "./incident-card.tsx";
import { Ago, At, SeverityLabel, StateLabel } from "./labels.tsx";
import { Timeline } from "./timeline.tsx";

export function IncidentDetail({ id }: { id: string }) {
  const { t } = useWords();
  const incident = useStore(model, (m) => m?.incidents.get(id));
  const heading = useRef<HTMLHeadingElement>(null);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    // The page may be scrolled deep into the agencies: what was asked for is shown from its beginning.
    if ((section.current?.getBoundingClientRect().top ?? 0) < 0) section.current?.scrollIntoView({ block: "start" });
    const onKey = (e: KeyboardEvent) => {
      const typing = e.target instanceof HTMLTextAreaElement || e.target instanceof HTMLInputElement;
      if (e.key === "Escape" && !typing) closeDetail();
    };
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      // Back to where the reader came from.
      document.querySelector<HTMLElement>(`[data-focus="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    };
  }, [id]);
  return (
    <section
      ref={section}
      class="detail"
      aria-labelledby="detail-title"
      data-testid="incident-detail"
      data-incident-id={id}
    >
      <div class="detail-bar">
        <h2 id="detail-title" ref={heading} tabIndex={-1}>
          {t("incident.detail")} <span class="incident-id">{id}</span>
        </h2>
        <button type="button" class="button" onClick={closeDetail}>
          <Icon name="cross" />
          {t("incident.back")}
        </button>
      </div>
      {incident ? <Body incident={incident} /> : <p class="quiet-text">{t("incident.gone")}</p>}
    </section>
  );
}

const NO_NAMES = new Map();

function Body({ incident }: { incident: Incident }) {
  const { language, t, name } = useWords();
  const open = phaseOf(incident) === "open";
  const end = endOf(incident);
  return (
    <div class="detail-body">
      <div class={`detail-head severity-edge-${incident.severity} ${open ? "is-open" : "is-over"}`}>
        <div class="incident-labels">
          <SeverityLabel severity={incident.severity} />
          <span class="label plain">{t(`class.${incident.class}`)}</span>
          <StateLabel incident={incident} />
        </div>
        <h3 class="detail-name">
          {name(incident.cause.name)}
          {incident.cause.actor && <span class="actor"> ← {incident.cause.actor}</span>}
        </h3>
        <CauseSentence incident={incident} />
        <dl class="incident-facts">
          <div>
            <dt>{t("incident.began")}</dt>
            <dd>
              <At at={beganAt(incident)} /> {open && <span class="dot">·</span>}{" "}
              {open && <Ago at={beganAt(incident)} />}
            </dd>
          </div>
          {incident.reopenedAt !== undefined && (
            <div>
              <dt>{t("incident.first")}</dt>
              <dd>
                <At at={incident.detectedAt} />
              </dd>
            </div>
          )}
          {end !== undefined && (
            <div>
              <dt>
                {t(
                  incident.recoveredAt === undefined && incident.quietAt !== undefined
                    ? "state.quiet"
                    : "incident.ended",
                )}
              </dt>
              <dd>
                <At at={end} /> <span class="dot">·</span> <Lasted incident={incident} />
              </dd>
            </div>
          )}
          {incident.closedAt !== undefined && (
            <div>
              <dt>{t("incident.closed")}</dt>
              <dd>
                <At at={incident.closedAt} />
              </dd>
            </div>
          )}
          <div>
            <dt>{t("incident.owner")}</dt>
            <dd class={incident.owner ? "" : "nobody"}>{incident.owner ?? t("incident.owner.none")}</dd>
          </div>
          {incident.severityReason && (
            <div>
              <dt>{t("incident.severity.why")}</dt>
              <dd>{describeReason(language, incident.severityReason, NO_NAMES)}</dd>
            </div>
          )}
        </dl>
      </div>
      {incident.resolution && (
        <Part title={t("incident.resolution")}>
          <p class="resolution">{incident.resolution}</p>
        </Part>
      )}
      <Actions key={incident.id} incident={incident} />
      <CaseParts key={`case-${incident.id}`} incident={incident} />
      <Part title={t("incident.impact")}>
        {!open && <p class="quiet-text">{t("incident.impact.was")}</p>}
        <ImpactGroups impact={incident.impact} over={!open} />
      </Part>
      {open && <Remedies incident={incident} />}
      <Part title={t("incident.history")}>
        <Timeline history={incident.history} tags={mainTags(incident)} />
      </Part>
      <Part title={`${t(open ? "incident.evidence" : "incident.evidence.was")} (${incident.evidence.length})`}>
        <EvidenceTable evidence={incident.evidence} />
      </Part>
      <Explains incident={incident} />
    </div>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** What to do about what is wrong with the cause itself, and the clause behind it. */
function Remedies({ incident }: { incident: Incident }) {
  const { language, t } = useWords();
  const tags = incident.class === "agent" ? ["AGENT_SILENT"] : mainTags(incident);
  const shown = tags.filter((tag) => tagRemedy(language, tag));
  // A cause above its findings (a device that is down with all its links) has a remedy of its own.
  const first = textIfKnown(language, `${causeReason(incident)?.key}.remedy`);
  if (shown.length === 0 && !first) return null;
  return (
    <Part title={t("incident.remedy")}>
      {first && <p class="remedy">{first}</p>}
      {shown.length > 0 && (
        <dl class="remedies">
          {shown.map((tag) => (
            <div key={tag}>
              <dt>{tagTitle(language, tag)}</dt>
              <dd>{tagRemedy(language, tag)}</dd>
              {clauseOf(language, tag) && (
                <dd class="clause">{t("status.clause", { clause: clauseOf(language, tag) })}</dd>
              )}
            </div>
          ))}
        </dl>
      )}
    </Part>
  );
}

const EXPLAINED_AT_ONCE = 12;

function Explains({ incident }: { incident: Incident }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  const [all, setAll] = useState(false);
  if (incident.explains.length === 0 || !names) return null;
  const shown = all ? incident.explains : incident.explains.slice(0, EXPLAINED_AT_ONCE);
  const rest = incident.explains.length - shown.length;
  return (
    <Part title={`${t("incident.explains")} (${incident.explains.length})`}>
      <ul class="explains">
        {shown.map((id) => (
          <li key={id}>{nameOf(names, language, id)}</li>
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {t("incidents.more", { count: rest })}
        </button>
      )}
    </Part>
  );
}
