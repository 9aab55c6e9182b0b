// What a person can do about an incident: own it, say how far the work is, and close it with a resolution once it is over. What
// cannot be done now says why instead of vanishing.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { type Act, refusalOf } from "../../../protocol/lifecycle.ts";
import type { TextKey } from "../../../protocol/locales/index.ts";
import { type ActionOutcome, actOn } from "../state/api.ts";
import { closeRefusal } from "../state/incidents.ts";
import { leave, link, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { refusalText } from "../text/refusal.ts";
import { useWords } from "../text/use.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { LeadActions } from "./lead-actions.tsx";

const REFUSAL_TEXT: Record<"open" | "intrusion" | "owner", TextKey> = {
  open: "action.close.not.open",
  intrusion: "action.close.not.intrusion",
  owner: "action.close.not.owner",
};

/** The moves that the detail offers besides taking and closing; each is shown when the judge of the protocol would allow it. */
const STEPS = [
  { kind: "investigate", icon: "search", label: "action.investigate" },
  { kind: "contain", icon: "shield", label: "action.contain", reason: "action.contain.reason" },
  { kind: "recover", icon: "check", label: "action.recover", reason: "action.recover.reason" },
  { kind: "reopen", icon: "live", label: "action.reopen", reason: "action.reopen.reason" },
] as const satisfies { kind: Act["kind"]; icon: IconName; label: TextKey; reason?: TextKey }[];
type Step = (typeof STEPS)[number];

export function Actions({ incident }: { incident: Incident }) {
  const words = useWords();
  const { t } = words;
  const account = useStore(session, (s) => (s.phase === "signed-in" ? s.account : ""));
  const live = useStore(link, (l) => l.phase === "live");
  const [working, setWorking] = useState(false);
  const [error, setError] = useState<ActionOutcome>();
  const [asking, setAsking] = useState<Step["kind"] | "acknowledge">();
  const refusal = closeRefusal(incident, account);

  async function run(act: Act) {
    setWorking(true);
    setError(undefined);
    const outcome = await actOn(incident.id, act);
    setWorking(false);
    if (outcome.ok) setAsking(undefined);
    else if (outcome.code === "signed-out") leave(true);
    else setError(outcome);
  }

  const disabled = working || !live;
  const steps = STEPS.filter(({ kind }) => refusalOf(incident, account, { kind, reason: "?" }) === undefined);
  const asked = steps.find((s) => s.kind === asking);
  return (
    <div class="actions">
      {refusal !== "closed" && (
        <Ownership
          incident={incident}
          account={account}
          primary={refusal !== undefined}
          disabled={disabled}
          onTake={() => run({ kind: "acknowledge" })}
          onTakeOver={() => setAsking("acknowledge")}
        />
      )}
      {steps.length > 0 && (
        <div class="steps">
          {steps.map((s) => (
            <button
              key={s.kind}
              type="button"
              class="button"
              disabled={disabled}
              aria-expanded={"reason" in s ? asking === s.kind : undefined}
              data-testid={s.kind}
              onClick={() => ("reason" in s ? setAsking(s.kind) : run({ kind: s.kind }))}
            >
              <Icon name={s.icon} />
              {t(s.label)}
            </button>
          ))}
        </div>
      )}
      {asking === "acknowledge" && (
        <ReasonForm
          label={t("action.takeover.reason")}
          disabled={disabled}
          onGive={(reason) => run({ kind: "acknowledge", reason })}
        />
      )}
      {asked && "reason" in asked && (
        <ReasonForm
          key={asked.kind}
          label={t(asked.reason)}
          disabled={disabled}
          onGive={(reason) => run({ kind: asked.kind, reason })}
        />
      )}
      {refusal === "closed" ? null : refusal ? (
        <p class="refusal" data-testid="close-refusal">
          {t(REFUSAL_TEXT[refusal], { owner: incident.owner ?? "" })}
        </p>
      ) : (
        <CloseForm disabled={disabled} onClose={(resolution) => run({ kind: "close", resolution })} />
      )}
      <LeadActions incident={incident} />
      {!live && <p class="refusal">{t("action.close.not.stale")}</p>}
      <p class="error" role="alert">
        {working ? "" : refusalText(error, words)}
      </p>
    </div>
  );
}

function Ownership(props: {
  incident: Incident;
  account: string;
  primary: boolean;
  disabled: boolean;
  onTake(): void;
  onTakeOver(): void;
}) {
  const { t } = useWords();
  const { owner } = props.incident;
  if (owner === props.account && owner !== "")
    return (
      <p class="owned">
        <Icon name="person" /> {t("action.acknowledged", { owner })}
      </p>
    );
  return (
    <button
      type="button"
      class={props.primary ? "button primary" : "button"}
      disabled={props.disabled}
      data-testid="acknowledge"
      onClick={owner === undefined ? props.onTake : props.onTakeOver}
    >
      <Icon name="person" />
      {owner ? t("action.takeover", { owner }) : t("action.acknowledge")}
    </button>
  );
}

/** Asks for the reason that a move needs. */
function ReasonForm({ label, disabled, onGive }: { label: string; disabled: boolean; onGive(reason: string): void }) {
  const { t } = useWords();
  const [text, setText] = useState("");
  return (
    <form
      class="close-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") onGive(text.trim());
      }}
    >
      <label for="reason">{label}</label>
      <textarea
        id="reason"
        data-testid="reason"
        rows={2}
        maxLength={2000}
        required
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
      />
      <button type="submit" class="button primary" disabled={disabled || text.trim() === ""} data-testid="give-reason">
        <Icon name="check" />
        {t("action.confirm")}
      </button>
    </form>
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
