// What was: counts an hour over the last two days, where most of it came from, and a search through what agents sent.
import { useState } from "preact/hooks";
import { Page, Refusal, Section, SelectField, TextField, useActing } from "../parts/form.tsx";
import { type Bar, HourChart } from "../parts/hour-chart.tsx";
import { At } from "../parts/labels.tsx";
import { Table } from "../parts/table.tsx";
import { call } from "../state/api.ts";
import { useFetched } from "../state/fetched.ts";
import { may, model, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { kindTitle, nameOf } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";

interface Hour {
  at: number;
  agency: string;
  source: string;
  reports: number;
  bad: number;
  broken: number;
  detections: number;
}
interface Found {
  id: number;
  at: number;
  agency: string;
  agent: string;
  target: string;
  text: string;
}
interface FoundPage {
  items: Found[];
  next?: string;
}

const HOUR_MS = 3_600_000;
const HOURS = 48;
/** Rows of the table of origins. */
const ORIGINS = 12;
const hoursAsked = async () => {
  const now = Date.now();
  const answer = await call<{ items: Hour[] }>("GET", `/api/history/hours?from=${now - HOURS * HOUR_MS}&to=${now + 1}`);
  return answer.ok ? { ok: true as const, value: answer.value.items } : answer;
};

export function History() {
  const { t } = useWords();
  const reads = useStore(session, may("evidence.read"));
  return (
    <Page title={t("page.history")} purpose={t("history.purpose")}>
      {reads && <Search />}
      <Counts />
    </Page>
  );
}

function Search() {
  const { t, language } = useWords();
  const acting = useActing();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  const [words, setWords] = useState("");
  /** What stands below was asked for with these words; the next page goes on with them. */
  const [seen, setSeen] = useState<{ words: string; items: Found[]; next?: string }>();
  const ask = async (q: string, before: readonly Found[], cursor = "") => {
    const page = await acting.run(() =>
      call<FoundPage>("GET", `/api/search?limit=10&q=${encodeURIComponent(q)}${cursor && `&cursor=${cursor}`}`),
    );
    if (page) setSeen({ words: q, items: [...before, ...page.items], ...(page.next && { next: page.next }) });
  };
  return (
    <Section title={t("history.search")} note={t("history.search.how")}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (words.trim() !== "") void ask(words.trim(), []);
        }}
      >
        <TextField
          label={t("history.words")}
          type="search"
          maxLength={200}
          autoComplete="off"
          spellcheck={false}
          value={words}
          onText={setWords}
          data-testid="history-words"
        />
        <button
          type="submit"
          class="button primary"
          disabled={acting.disabled || words.trim() === ""}
          data-testid="history-find"
        >
          {t("history.find")}
        </button>
        <Refusal acting={acting} />
      </form>
      {seen && (
        <>
          <Table
            rows={seen.items}
            keyOf={(f) => String(f.id)}
            none={t("history.none", { words: seen.words })}
            testId="found"
            columns={[
              { title: t("timeline.time"), of: (f) => <At at={f.at} /> },
              {
                title: t("history.where"),
                of: (f) => (
                  <>
                    {nameOf(names, language, f.agency)}
                    <span class="finding-tag">{f.target}</span>
                  </>
                ),
              },
              { title: t("history.said"), of: (f) => <span class="written">{f.text}</span> },
            ]}
          />
          {seen.next !== undefined && (
            <button
              type="button"
              class="button"
              disabled={acting.disabled}
              data-testid="history-more"
              onClick={() => void ask(seen.words, seen.items, seen.next)}
            >
              {t("history.more")}
            </button>
          )}
        </>
      )}
    </Section>
  );
}

function Counts() {
  const { t, language } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  const hours = useFetched(hoursAsked);
  const [agency, setAgency] = useState("");
  const [source, setSource] = useState("");
  if (!hours.value) return <p class="quiet-text">{t("app.loading")}</p>;
  const picked = hours.value.filter(
    (h) => (agency === "" || h.agency === agency) && (source === "" || h.source === source),
  );
  const named = (of: (h: Hour) => string, text: (id: string) => string) => [
    { id: "", text: t("history.all") },
    ...[...new Set(hours.value?.map(of))]
      .map((id) => ({ id, text: text(id) }))
      .sort((a, b) => a.text.localeCompare(b.text, language)),
  ];
  return (
    <Section title={t("history.hours", { hours: HOURS })} note={t("history.hours.how")}>
      <div class="columns">
        <SelectField
          label={t("agents.agency")}
          value={agency}
          options={named(
            (h) => h.agency,
            (id) => nameOf(names, language, id),
          )}
          onPick={setAgency}
          testId="history-agency"
        />
        <SelectField
          label={t("history.source")}
          value={source}
          options={named(
            (h) => h.source,
            (id) => kindTitle(language, id),
          )}
          onPick={setSource}
          testId="history-source"
        />
      </div>
      <HourChart bars={barsOf(picked, Date.now())} />
      <Table
        rows={originsOf(picked)}
        keyOf={(o) => `${o.agency} ${o.source}`}
        none={t("history.origins.none")}
        testId="origins"
        columns={[
          { title: t("agents.agency"), of: (o) => nameOf(names, language, o.agency) },
          { title: t("history.source"), of: (o) => kindTitle(language, o.source) },
          { title: t("history.bad"), of: (o) => o.bad },
          { title: t("history.detections"), of: (o) => o.detections },
          { title: t("history.broken"), of: (o) => o.broken },
          { title: t("history.reports"), of: (o) => o.reports },
        ]}
      />
    </Section>
  );
}

/** One bar an hour, the oldest first, also of hours in which nothing came. */
function barsOf(hours: readonly Hour[], now: number): Bar[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const bars = Array.from({ length: HOURS }, (_, i) => ({
    at: last - (HOURS - 1 - i) * HOUR_MS,
    bad: 0,
    detections: 0,
  }));
  const byHour = new Map(bars.map((b) => [b.at, b]));
  for (const { at, bad, detections } of hours) {
    const bar = byHour.get(at);
    if (!bar) continue;
    bar.bad += bad;
    bar.detections += detections;
  }
  return bars;
}

/** Agencies and checks by how much of theirs was wrong; those of which nothing was are left out. */
function originsOf(hours: readonly Hour[]): Omit<Hour, "at">[] {
  const sums = new Map<string, Omit<Hour, "at">>();
  for (const { at: _, ...hour } of hours) {
    const sum = sums.get(`${hour.agency} ${hour.source}`);
    if (!sum) sums.set(`${hour.agency} ${hour.source}`, hour);
    else for (const key of ["reports", "bad", "broken", "detections"] as const) sum[key] += hour[key];
  }
  const wrong = (o: Omit<Hour, "at">) => o.bad + o.detections + o.broken;
  return [...sums.values()]
    .filter((o) => wrong(o) > 0)
    .sort((a, b) => wrong(b) - wrong(a))
    .slice(0, ORIGINS);
}
