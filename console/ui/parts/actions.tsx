// What a person can do about an incident: own it, and close it with a resolution once it is over. What cannot be done
// now says why instead of vanishing.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { type TextKey, textIfKnown } from "../../../protocol/locales/index.ts";
import { type ActionOutcome, acknowledge, closeIncident } from "../state/api.ts";
import { closeRefusal } from "../state/incidents.ts";
import { leave, link, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords, type Words } from "../text/use.tsx";
import { Icon } from "./icons.tsx";

const REFUSAL_TEXT: Record<"open" | "intrusion" | "owner", TextKey> = {
  open: "action.close.not.open",
  intrusion: "action.close.not.intrusion",
  owner: "action.close.not.owner",
};

export function Actions({ incident }: { incident: Incident }) {
  const words = useWords();
  const { t } = words;
  const account = useStore(session, (s) => (s.phase === "signed-in" ? s.account : ""));
  const live = useStore(link, (l) => l.phase === "live");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<ActionOutcome>();
  const refusal = closeRefusal(incident, account);
  if (refusal === "closed") return null;

  async function run(act: () => Promise<ActionOutcome>) {
    setWorking(true);
    setError(undefined);
    const outcome = await act();
    setWorking(false);
    if (!outcome.ok && outcome.code === "signed-out") leave(true);
    else if (!outcome.ok) setError(outcome);
  }

  const { owner } = incident;
  return (
    <div class="actions">
      {owner === account && owner !== "" ? (
        <p class="owned">
          <Icon name="person" /> {t("action.acknowledged", { owner })}
        </p>
      ) : (
        <button
          type="button"
          class={refusal ? "button primary" : "button"}
          disabled={working || !live}
          data-testid="acknowledge"
          onClick={() => run(() => acknowledge(incident.id))}
        >
          <Icon name="person" />
          {owner ? t("action.takeover", { owner }) : t("action.acknowledge")}
        </button>
      )}
      {refusal ? (
        <p class="refusal" data-testid="close-refusal">
          {t(REFUSAL_TEXT[refusal], { owner: owner ?? "" })}
        </p>
      ) : (
        <CloseForm disabled={working || !live} onClose={(text) => run(() => closeIncident(incident.id, text))} />
      )}
      {!live && <p class="refusal">{t("action.close.not.stale")}</p>}
      <p class="error" role="alert">
        {working ? "" : errorText(error, words)}
      </p>
    </div>
  );
}

function CloseForm({ disabled, onClose }: { disabled: boolean; onClose(resolution: string): void }) {
  const { t } = useWords();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const submit: JSX.SubmitEventHandler<HTMLFormElement> = (event) => {
    event.preventDefault();
    setMissing(text.trim() === "");
    if (text.trim() !== "") onClose(text.trim());
  };
  return (
    <form class="close-form" onSubmit={submit}>
      <label for="resolution">{t("action.close.resolution")}</label>
      <textarea
        id="resolution"
        data-testid="resolution"
        rows={3}
        maxLength={2000}
        required
        value={text}
        placeholder={t("action.close.placeholder")}
        aria-invalid={missing}
        onInput={(e) => setText(e.currentTarget.value)}
      />
      {missing && <p class="error">{t("action.close.required")}</p>}
      <button type="submit" class="button primary" disabled={disabled} data-testid="close">
        <Icon name="check" />
        {t("action.close")}
      </button>
    </form>
  );
}

function errorText(outcome: ActionOutcome | undefined, { language, t }: Words): string {
  if (!outcome || outcome.ok) return "";
  if (outcome.code !== "refused") return outcome.code === "unreachable" ? t("action.error.unreachable") : "";
  const known = outcome.problem && textIfKnown(language, `problem.${outcome.problem}`);
  return t("action.error.refused", { detail: known ?? outcome.detail });
}
