// The sign-in page: one field for the one-time code, and where to find that code.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type SignInOutcome, signIn } from "../state/api.ts";
import { enter } from "../state/session.ts";
import { useWords, WithCommands, type Words } from "../text/use.tsx";
import { Preferences } from "./header.tsx";
import { Icon } from "./icons.tsx";

export function SignIn({ ended }: { ended: boolean }) {
  const { t } = useWords();
  const [code, setCode] = useState("");
  const [working, setWorking] = useState(false);
  const [outcome, setOutcome] = useState<SignInOutcome | "empty">();
  const field = useRef<HTMLInputElement>(null);
  const wait = useCountdown(outcome);
  useEffect(() => field.current?.focus(), []);

  const submit: JSX.SubmitEventHandler<HTMLFormElement> = async (event) => {
    event.preventDefault();
    if (code.trim() === "") return setOutcome("empty");
    setWorking(true);
    const said = await signIn(code.trim());
    if (said.ok) await enter();
    setWorking(false);
    setOutcome(said);
    field.current?.select();
  };

  return (
    <main class="signin">
      <div class="signin-tools">
        <Preferences />
      </div>
      <form class="signin-card" onSubmit={submit} noValidate>
        <p class="brand">
          <Icon name="tower" />
          {t("app.name")}
        </p>
        <p class="quiet-text">{t("app.purpose")}</p>
        <h1>{t("signin.title")}</h1>
        {ended && !outcome && <p class="notice">{t("signin.ended")}</p>}
        <label for="code">{t("signin.code")}</label>
        <input
          id="code"
          ref={field}
          data-testid="signin-code"
          type="text"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellcheck={false}
          maxLength={128}
          value={code}
          aria-describedby="code-where code-error"
          aria-invalid={outcome !== undefined && outcome !== "empty" && !outcome.ok}
          onInput={(e) => setCode(e.currentTarget.value)}
        />
        <p id="code-error" class="error" role="alert" data-testid="signin-error">
          {!working && <WithCommands text={problem(outcome, wait, t)} />}
        </p>
        <button type="submit" class="button primary" data-testid="signin-submit" disabled={working || wait > 0}>
          {working ? t("signin.working") : t("signin.submit")}
        </button>
        <p id="code-where" class="quiet-text">
          <WithCommands text={t("signin.where")} /> {t("signin.limits")}
        </p>
      </form>
    </main>
  );
}

/** Seconds until another code may be tried. */
function useCountdown(outcome: SignInOutcome | "empty" | undefined): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (outcome === undefined || outcome === "empty" || outcome.ok || outcome.code !== "throttled") return setLeft(0);
    const until = Date.now() + outcome.seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [outcome]);
  return left;
}

function problem(outcome: SignInOutcome | "empty" | undefined, wait: number, t: Words["t"]): string {
  if (outcome === undefined) return "";
  if (outcome === "empty") return t("signin.error.empty");
  if (outcome.ok) return "";
  if (outcome.code === "throttled") return wait > 0 ? t("signin.error.throttled", { seconds: wait }) : "";
  if (outcome.code === "unexpected") return t("signin.error.unexpected", { status: outcome.status });
  return t(`signin.error.${outcome.code}`);
}
