// An incident that no machine saw: a person tells of it, and from then on it is worked on like any other.
import { useMemo, useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { AreaField, ChoiceField, Page, Refusal, Section, SelectField, TextField, useActing } from "../parts/form.tsx";
import { call } from "../state/api.ts";
import { consoleNow } from "../state/clock.ts";
import { incidentHref } from "../state/route.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { fieldTime, timeOfField } from "../text/time.ts";
import { useWords } from "../text/use.tsx";

const CLASSES = ["intrusion", "data", "service", "connectivity"] as const;
const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
const INDICATORS = ["actor", "sha256", "domain", "url"] as const;
interface Indicator {
  type: (typeof INDICATORS)[number];
  value: string;
}

export function Declare() {
  const { language, t, name } = useWords();
  const acting = useActing();
  const known = useStore(model, (m) => m);
  const [asset, setAsset] = useState("");
  const [kind, setKind] = useState<string>("intrusion");
  const [severity, setSeverity] = useState<string>("high");
  const [detected, setDetected] = useState(() => fieldTime(consoleNow()));
  const [summary, setSummary] = useState("");
  const [agencies, setAgencies] = useState<string[]>([]);
  const [indicators, setIndicators] = useState<Indicator[]>([]);
  const assets = useMemo(
    () =>
      [...(known?.owners.keys() ?? [])]
        .map((id) => ({ id, text: `${nameOf(known!.names, language, id)} (${id})` }))
        .sort((a, b) => a.text.localeCompare(b.text, language)),
    [known?.names, language],
  );
  const detectedAt = timeOfField(detected);

  async function declare(event: Event) {
    event.preventDefault();
    const told = indicators.map((i) => ({ ...i, value: i.value.trim() })).filter((i) => i.value !== "");
    const body = { asset, class: kind, severity, detectedAt, summary, agencies, indicators: told };
    const made = await acting.run(() => call<{ result: Incident }>("POST", "/api/incidents", body));
    if (made) location.hash = incidentHref(made.result.id);
  }
  return (
    <Page title={t("page.declare")} purpose={t("declare.purpose")}>
      <Section title={t("declare.what")} testId="declare">
        <form class="form" onSubmit={declare}>
          <AreaField
            label={t("declare.summary")}
            hint={t("declare.summary.how")}
            required
            rows={3}
            maxLength={2000}
            value={summary}
            onText={setSummary}
            data-testid="declare-summary"
          />
          <div class="columns">
            <SelectField
              label={t("declare.class")}
              value={kind}
              options={CLASSES.map((id) => ({ id, text: t(`class.${id}`) }))}
              onPick={setKind}
              testId="declare-class"
            />
            <SelectField
              label={t("declare.severity")}
              value={severity}
              options={SEVERITIES.map((id) => ({ id, text: t(`severity.${id}`) }))}
              onPick={setSeverity}
            />
            <TextField
              label={t("declare.detected")}
              hint={t("declare.detected.how")}
              type="datetime-local"
              required
              value={detected}
              onText={setDetected}
            />
          </div>
          <SelectField
            label={t("declare.asset")}
            value={asset}
            options={[{ id: "", text: t("silence.value.pick") }, ...assets]}
            onPick={setAsset}
            testId="declare-asset"
          />
          <ChoiceField
            label={t("declare.agencies")}
            hint={t("declare.agencies.how")}
            chosen={agencies}
            options={[...(known?.agencies.values() ?? [])].map((a) => ({ id: a.id, text: name(a.name) }))}
            onChoose={setAgencies}
          />
          <Indicators indicators={indicators} onChange={setIndicators} />
          <button
            type="submit"
            class="button primary"
            data-testid="declare-give"
            disabled={acting.disabled || asset === "" || summary.trim() === "" || detectedAt === undefined}
          >
            {t("declare.give")}
          </button>
          <Refusal acting={acting} />
        </form>
      </Section>
    </Page>
  );
}

function Indicators({ indicators, onChange }: { indicators: Indicator[]; onChange(to: Indicator[]): void }) {
  const { t } = useWords();
  const change = (i: number, to: Partial<Indicator>) =>
    onChange(indicators.map((x, j) => (i === j ? { ...x, ...to } : x)));
  return (
    <fieldset class="matchers">
      <legend>{t("declare.indicators")}</legend>
      <p class="quiet-text">{t("declare.indicators.how")}</p>
      {indicators.map((x, i) => (
        // Rows have no name of their own; only the last is taken away.
        <div key={i} class="matcher">
          <SelectField
            label={t("declare.indicator.type")}
            value={x.type}
            options={INDICATORS.map((id) => ({ id, text: t(`declare.indicator.${id}`) }))}
            onPick={(type) => change(i, { type: type as Indicator["type"] })}
          />
          <TextField
            label={t("silence.value")}
            value={x.value}
            onText={(value) => change(i, { value })}
            maxLength={200}
          />
        </div>
      ))}
      <div class="row">
        <button type="button" class="button" onClick={() => onChange([...indicators, { type: "actor", value: "" }])}>
          {t("declare.indicator.add")}
        </button>
        {indicators.length > 0 && (
          <button type="button" class="button" onClick={() => onChange(indicators.slice(0, -1))}>
            {t("silence.fewer")}
          </button>
        )}
      </div>
    </fieldset>
  );
}
