// Asks for a fresh proof before what is hard to undo, over whatever page the person is on; the act goes on by itself after it.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, prove, proveByPasskey } from "../state/api.ts";
import { devicesReachable } from "../state/passkey.ts";
import { proofAsked } from "../state/proof.ts";
import { leave, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { refusalText } from "../text/refusal.ts";
import { useWords, WithCommands } from "../text/use.tsx";
import { TextField } from "./form.tsx";

export function StepUp() {
  const asked = useStore(proofAsked, (a) => a);
  return asked ? <Dialog answer={asked.answer} /> : null;
}

function Dialog({ answer }: { answer(given: boolean): void }) {
  const words = useWords();
  const { t } = words;
  const isOperator = useStore(session, (s) => s.phase === "signed-in" && s.account === "operator");
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [last, setLast] = useState<Answer<unknown>>();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const keyed = useStore(session, (s) => s.phase === "signed-in" && (s.me?.passkeys ?? 0) > 0) && devicesReachable();
  async function give(proof: () => Promise<Answer<unknown>>) {
    setBusy(true);
    const said = await proof();
    setBusy(false);
    if (said.ok) return answer(true);
    if (said.code === "signed-out") return leave(true);
    setLast(said);
    setCode("");
  }
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="step-up-title"
      data-testid="step-up"
      onCancel={() => answer(false)}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give(() => prove(code));
        }}
      >
        <h2 id="step-up-title">{t("stepup.title")}</h2>
        <p class="quiet-text">
          <WithCommands text={t(isOperator ? "stepup.why.operator" : "stepup.why")} />
        </p>
        <TextField
          label={t(isOperator ? "signin.code" : "signin.second.code")}
          value={code}
          onText={setCode}
          required
          maxLength={64}
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellcheck={false}
          data-testid="step-up-code"
        />
        <p class="error" role="alert">
          {!busy && refusalText(last, words)}
        </p>
        <div class="row">
          <button type="submit" class="button primary" data-testid="step-up-give" disabled={busy || code.trim() === ""}>
            {t("stepup.give")}
          </button>
          {keyed && (
            <button
              type="button"
              class="button"
              data-testid="step-up-passkey"
              disabled={busy}
              onClick={() => void give(proveByPasskey)}
            >
              {t("passkey.use")}
            </button>
          )}
          <button type="button" class="button" onClick={() => answer(false)}>
            {t("form.cancel")}
          </button>
        </div>
      </form>
    </dialog>
  );
}
