// One agency: its name, a cell for each check family, and on demand what each check says and how to mend it.
// Rendered again only when its own view changed.
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { AgencyView, CellView } from "../state/agency.ts";
import { kindShort, kindTitle, tagTitle } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { AgencyChecks } from "./agency-checks.tsx";
import { Icon, STATUS_ICON } from "./icons.tsx";

export const AgencyRow = memo(function AgencyRow({ agency, kinds }: { agency: AgencyView; kinds: readonly string[] }) {
  const { t, name } = useWords();
  const [open, setOpen] = useState(false);
  const panel = `checks-${agency.id}`;
  return (
    <li
      class={`agency overall-${agency.overall} ${agency.silent.length > 0 ? "is-silent" : ""}`}
      data-testid="agency"
      data-agency={agency.id}
      data-overall={agency.overall}
    >
      <div class="agency-line">
        <button
          type="button"
          class="agency-name"
          aria-expanded={open}
          aria-controls={panel}
          title={t("agency.show")}
          onClick={() => setOpen(!open)}
        >
          <Icon name="chevron" />
          <span class="agency-text">
            {name(agency.name)}
            <Overall agency={agency} />
          </span>
        </button>
        <ul class="cells">
          {kinds.map((kind) => (
            <Cell key={kind} kind={kind} cell={agency.cells.get(kind)} />
          ))}
        </ul>
      </div>
      {open && <AgencyChecks id={panel} agency={agency} kinds={kinds} />}
    </li>
  );
});

/** What a phone shows first; on a wide screen only what the cells do not say. */
function Overall({ agency }: { agency: AgencyView }) {
  const { t } = useWords();
  const group = agency.incidents[0]?.group;
  const hit = group === "affected" ? undefined : group; // the cells say what an affected agency suffers from
  return (
    <span class="agency-overall">
      {hit && (
        <span class={`label impact-label ${hit}`}>
          <Icon name={hit} />
          {t(`impact.${hit}.short`)}
        </span>
      )}
      {agency.silent.length > 0 && !hit && (
        <span class="label status-unknown">
          <Icon name="question" />
          {t(agency.silent.some((a) => a.presence === "silent") ? "agency.silent" : "agency.unknown")}
        </span>
      )}
      <span class={`label narrow-only overall-label-${agency.overall}`}>
        <Icon name={STATUS_ICON[agency.overall]} />
        {agency.overall === "finding" ? t("agency.finding", { count: agency.findings }) : t(`status.${agency.overall}`)}
      </span>
    </span>
  );
}

function Cell({ kind, cell }: { kind: string; cell: CellView | undefined }) {
  const { language, t } = useWords();
  if (!cell) return <li class="cell none" title={`${kindTitle(language, kind)}: ${t("status.none")}`} />;
  const said = cell.severity ? t(`severity.${cell.severity}`) : t(`status.${cell.status}`);
  const short = cell.status === "broke" ? t("status.broke.short") : said;
  const titles = cell.targets.flatMap((x) => x.tags.map((tag) => tagTitle(language, tag)));
  const tip = [`${kindTitle(language, kind)}: ${t(`status.${cell.status}`)}`, ...new Set(titles)].join("\n");
  return (
    <li
      class={`cell status-${cell.status} ${cell.severity ? `severity-${cell.severity}` : ""} ${cell.shared ? "shared" : ""}`}
      data-testid="check-cell"
      data-kind={kind}
      data-status={cell.status}
      data-severity={cell.severity}
      title={tip}
    >
      <Icon name={STATUS_ICON[cell.status]} />
      <span class="cell-kind">{kindShort(language, kind)}</span>
      <span class="cell-text">{short}</span>
    </li>
  );
}
