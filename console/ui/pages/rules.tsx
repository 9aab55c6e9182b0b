// The province's own rules (clocks, holidays, roster, playbooks): read in force and in all their versions; an administrator
// puts a new version in force, with a reason.
import { useCallback, useState } from "preact/hooks";
import { AreaField, Page, Refusal, Section, SelectField, TextField, useActing } from "../parts/form.tsx";
import { At } from "../parts/labels.tsx";
import { useFetched, verb } from "../state/fetched.ts";
import { may, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";

interface Rule {
  name: string;
  version: number;
  at: number;
  account: string;
  reason: string;
}
type Whole = Rule & { text: string; history: Rule[] };
const list = () => verb<Rule[]>("policies");

export function Rules() {
  const { t } = useWords();
  const rules = useFetched(list);
  const [chosen, setChosen] = useState("roster");
  return (
    <Page title={t("page.rules")} purpose={t("rules.purpose")}>
      <Section title={t("rules.document")}>
        <SelectField
          label={t("rules.which")}
          value={chosen}
          testId="rules-which"
          options={(rules.value ?? []).map((r) => ({
            id: r.name,
            text: `${r.name} (${t("rules.version", { n: r.version })})`,
          }))}
          onPick={setChosen}
        />
        <Document key={chosen} name={chosen} onPut={rules.again} />
      </Section>
    </Page>
  );
}

function Document({ name, onPut }: { name: string; onPut(): void }) {
  const { t } = useWords();
  const changes = useStore(session, may("system.manage"));
  const acting = useActing();
  const rule = useFetched(useCallback(() => verb<Whole>("policy", { name }), [name]));
  const [text, setText] = useState<string>();
  const [reason, setReason] = useState("");
  const known = rule.value;
  if (!known) return <p class="quiet-text">{t("app.loading")}</p>;
  const edited = text ?? known.text;
  async function put(event: Event) {
    event.preventDefault();
    const body = { name, text: edited, reason, basedOn: known!.version };
    if ((await acting.run(() => verb("put-policy", body))) === undefined) return;
    setText(undefined);
    setReason("");
    rule.again();
    onPut();
  }
  return (
    <form class="form" onSubmit={put}>
      <AreaField
        label={t("rules.text")}
        class="code-area"
        rows={22}
        maxLength={262_144}
        spellcheck={false}
        readOnly={!changes}
        value={edited}
        onText={setText}
        data-testid="rules-text"
      />
      {changes && (
        <>
          <TextField
            label={t("rules.reason")}
            required
            value={reason}
            onText={setReason}
            maxLength={2000}
            data-testid="rules-reason"
          />
          <button
            type="submit"
            class="button primary"
            data-testid="rules-put"
            disabled={acting.disabled || edited === known.text || reason.trim() === ""}
          >
            {t("rules.put")}
          </button>
        </>
      )}
      <Refusal acting={acting} />
      <ol class="timeline" aria-label={t("rules.history")}>
        {[...known.history].reverse().map((h) => (
          <li key={h.version}>
            <p class="event-head">
              <strong>{t("rules.version", { n: h.version })}</strong> {h.at > 0 ? <At at={h.at} /> : t("rules.shipped")}
              {h.at > 0 && <span class="event-by">{h.account}</span>}
            </p>
            {h.reason && <p class="event-why">{h.reason}</p>}
          </li>
        ))}
      </ol>
    </form>
  );
}
