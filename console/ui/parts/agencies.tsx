// The agencies by level, as the data names the levels, with a filter; those that need somebody stand first.
import { useMemo } from "preact/hooks";
import type { Bilingual } from "../../../protocol/registry.ts";
import { type AgencyView, agenciesByNeed } from "../state/agency.ts";
import { model } from "../state/session.ts";
import { createStore, useStore } from "../state/store.ts";
import { kindShort, kindTitle } from "../text/describe.ts";
import { matches } from "../text/search.ts";
import { useWords } from "../text/use.tsx";
import { AgencyRow } from "./agency-row.tsx";
import { Icon, STATUS_ICON } from "./icons.tsx";

const NO_KINDS: readonly string[] = [];
const query = createStore("");
const onlyBad = createStore(false);

/** Shows only what is not good and brings the list into sight: what the summary's figures do when pressed. */
export function showWhatIsNotGood(): void {
  onlyBad.set(true);
  query.set("");
  document.getElementById("agencies-title")?.scrollIntoView({ block: "start" });
}

export function Agencies() {
  const { t } = useWords();
  const agencies = useStore(model, (m) => m?.agencies);
  const levels = useStore(model, (m) => m?.levels) ?? [];
  const search = useStore(query, (q) => q);
  const only = useStore(onlyBad, (o) => o);
  const byLevel = useMemo(() => {
    const groups = new Map<string, AgencyView[]>();
    for (const a of agencies?.values() ?? []) groups.set(a.level, [...(groups.get(a.level) ?? []), a]);
    return groups;
  }, [agencies]);
  const visible = (a: AgencyView) => (!only || a.overall !== "good") && matches(search, [a.name.vi, a.name.en, a.id]);
  const shown = [...byLevel.values()].flat().filter(visible).length;
  return (
    <section class="agencies" aria-labelledby="agencies-title">
      <div class="agencies-bar">
        <h2 id="agencies-title">{t("agencies.title")}</h2>
        <input
          type="search"
          class="filter"
          aria-label={t("agencies.filter")}
          placeholder={t("agencies.filter.placeholder")}
          value={search}
          onInput={(e) => query.set(e.currentTarget.value)}
        />
        <label class="only">
          <input type="checkbox" checked={only} onChange={(e) => onlyBad.set(e.currentTarget.checked)} />
          {t("agencies.only")}
        </label>
      </div>
      <Legend />
      {shown === 0 && <p class="quiet-text">{t(only && search === "" ? "agencies.none.bad" : "agencies.none")}</p>}
      {levels.map((level) => (
        <Level key={level.id} level={level} agencies={byLevel.get(level.id) ?? []} visible={visible} />
      ))}
    </section>
  );
}

function Level(props: {
  level: { id: string; name: Bilingual };
  agencies: AgencyView[];
  visible: (a: AgencyView) => boolean;
}) {
  const { level, agencies } = props;
  const { language, t, name } = useWords();
  const all = useStore(model, (m) => m?.kinds) ?? NO_KINDS;
  // Only the families that this level has: a column of nothing takes room from those that say something.
  const used = all.filter((kind) => agencies.some((a) => a.cells.has(kind)));
  const kinds = useMemo(() => used, [used.join("\n")]);
  const shown = agencies.filter(props.visible).sort(agenciesByNeed);
  if (shown.length === 0) return null;
  const good = agencies.filter((a) => a.overall === "good").length;
  return (
    <section class="level" aria-labelledby={`level-${level.id}`}>
      <div class="level-head">
        <h3 id={`level-${level.id}`}>
          {name(level.name)} <span class="count">{t("agencies.level.count", { good, total: agencies.length })}</span>
        </h3>
        <ul class="cells kinds" aria-hidden="true">
          {kinds.map((kind) => (
            <li key={kind} title={kindTitle(language, kind)}>
              {kindShort(language, kind)}
            </li>
          ))}
        </ul>
      </div>
      <ul class="agency-list">
        {shown.map((a) => (
          <AgencyRow key={a.id} agency={a} kinds={kinds} />
        ))}
      </ul>
    </section>
  );
}

function Legend() {
  const { t } = useWords();
  return (
    <ul class="legend" aria-label={t("agencies.legend")}>
      {(["good", "finding", "broke", "unknown", "skipped"] as const).map((status) => (
        <li key={status} class={`status-${status}`}>
          <Icon name={STATUS_ICON[status]} />
          {t(`status.${status}`)}
        </li>
      ))}
    </ul>
  );
}
