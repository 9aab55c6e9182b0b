// The sign-in page: which step stands (parts/sign-in-steps.tsx draws each), and what its answer leads to. A one-time code or an
// invitation is one field; an account is name and password, then the second factor.
import { useEffect, useState } from "preact/hooks";
import { type StepOutcome, waysIn } from "../state/api.ts";
import { enter } from "../state/session.ts";
import { useWords } from "../text/use.tsx";
import { Preferences } from "./header.tsx";
import { Icon } from "./icons.tsx";
import { AccountStep, CodeStep, EnrolStep, PasswordStep, RecoveryStep, SecondStep } from "./sign-in-steps.tsx";

type Step =
  | { at: "code" | "account" }
  | { at: "set-password" | "enrol"; ticket: string }
  | { at: "second-factor"; ticket: string; passkey: boolean }
  | { at: "recovery"; codes: string[] };

export function SignIn({ ended }: { ended: boolean }) {
  const { t } = useWords();
  const [step, setStep] = useState<Step>({ at: "code" });
  const [accounts, setAccounts] = useState(false);
  const [provider, setProvider] = useState<string>();
  useEffect(() => {
    void waysIn().then(({ password, provider }) => {
      setAccounts(password);
      setProvider(provider);
      // Nobody is moved away from a field in which they have begun to type.
      const typed = document.querySelector<HTMLInputElement>("#code")?.value ?? "";
      if (password && typed === "") setStep((now) => (now.at === "code" ? { at: "account" } : now));
    });
  }, []);

  async function took(outcome: StepOutcome): Promise<void> {
    if (!outcome.ok) return;
    if (!outcome.in) setStep({ at: outcome.next, ticket: outcome.ticket, passkey: outcome.passkey });
    else if (outcome.recoveryCodes.length > 0) setStep({ at: "recovery", codes: outcome.recoveryCodes });
    else await enter();
  }
  const other = step.at === "code" ? "account" : "code";

  return (
    <main class="signin">
      <div class="signin-tools">
        <Preferences />
      </div>
      <div class="signin-card">
        <p class="brand">
          <Icon name="tower" />
          {t("app.name")}
        </p>
        <p class="quiet-text">{t("app.purpose")}</p>
        {step.at === "code" && <CodeStep ended={ended} onDone={took} />}
        {step.at === "account" && <AccountStep ended={ended} onDone={took} />}
        {step.at === "set-password" && <PasswordStep ticket={step.ticket} onDone={took} />}
        {step.at === "enrol" && <EnrolStep ticket={step.ticket} onDone={took} />}
        {step.at === "second-factor" && <SecondStep ticket={step.ticket} passkey={step.passkey} onDone={took} />}
        {step.at === "recovery" && <RecoveryStep codes={step.codes} onKept={() => void enter()} />}
        {provider && (step.at === "account" || step.at === "code") && (
          <a class="button" href="/api/signin/provider" data-testid="signin-provider">
            {t("signin.by.provider", { provider })}
          </a>
        )}
        {(step.at === "account" || (step.at === "code" && accounts)) && (
          <button type="button" class="button" data-testid="signin-other" onClick={() => setStep({ at: other })}>
            {t(other === "code" ? "signin.by.code" : "signin.by.account")}
          </button>
        )}
        {(step.at === "set-password" || step.at === "enrol" || step.at === "second-factor") && (
          <button type="button" class="button" onClick={() => setStep({ at: "account" })}>
            {t("signin.again")}
          </button>
        )}
      </div>
    </main>
  );
}
