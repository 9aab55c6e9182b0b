// The steps of the sign-in, one form each. What a form holds is forgotten with it: nothing of it is kept in the page's state.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import {
  byPasskey,
  newFactor,
  type StepOutcome,
  secondFactor,
  setPassword,
  signIn,
  signInByPassword,
} from "../state/api.ts";
import { devicesReachable } from "../state/passkey.ts";
import { useWords, WithCommands, type Words } from "../text/use.tsx";

type Done = (outcome: StepOutcome) => Promise<void>;
type Outcome = StepOutcome | "empty" | "missing" | undefined;

interface FormProps {
  title: string;
  submit: string;
  /** The request that the form's fields make; nothing while a field is empty. */
  send(fields: FormData): Promise<StepOutcome> | "empty" | "missing";
  onDone: Done;
  children: ComponentChildren;
  after?: ComponentChildren;
}

/** What all steps share: one request at a time, its refusal in words, the wait after too many guesses. */
function StepForm({ title, submit, send, onDone, children, after }: FormProps) {
  const words = useWords();
  const [working, setWorking] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const form = useRef<HTMLFormElement>(null);
  const wait = useCountdown(outcome);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  const submitted: JSX.SubmitEventHandler<HTMLFormElement> = async (event) => {
    event.preventDefault();
    const sent = send(new FormData(event.currentTarget));
    if (typeof sent === "string") return setOutcome(sent);
    setWorking(true);
    const said = await sent;
    await onDone(said);
    setWorking(false);
    setOutcome(said);
    form.current?.querySelector("input")?.select();
  };

  return (
    <form class="signin-step" ref={form} onSubmit={submitted} noValidate>
      <h1>{title}</h1>
      {children}
      <p id="step-error" class="error" role="alert" data-testid="signin-error">
        {!working && <WithCommands text={problem(outcome, wait, words)} />}
      </p>
      <button type="submit" class="button primary" data-testid="signin-submit" disabled={working || wait > 0}>
        {working ? words.t("signin.working") : submit}
      </button>
      {after}
    </form>
  );
}

/** Seconds until another guess may be made. */
function useCountdown(outcome: Outcome): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (typeof outcome !== "object" || outcome.ok || outcome.code !== "throttled") return setLeft(0);
    const until = Date.now() + outcome.seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [outcome]);
  return left;
}

function problem(outcome: Outcome, wait: number, { language, t }: Words): string {
  if (outcome === undefined) return "";
  if (typeof outcome === "string") return t(`signin.error.${outcome}`);
  if (outcome.ok) return "";
  if (outcome.code === "throttled") return wait > 0 ? t("signin.error.throttled", { seconds: wait }) : "";
  if (outcome.code === "unexpected") return t("signin.error.unexpected", { status: outcome.status });
  if (outcome.code === "refused") return textIfKnown(language, `problem.${outcome.problem}`) ?? outcome.problem;
  return t(`signin.error.${outcome.code}`);
}

const field = (fields: FormData, name: string): string => String(fields.get(name) ?? "");

function Field(props: { name: string; label: string; type?: string; complete: string; describedBy?: string }) {
  const { name, label, type = "text", complete, describedBy = "" } = props;
  return (
    <>
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        data-testid={`signin-${name}`}
        type={type}
        autoComplete={complete}
        autoCapitalize="none"
        spellcheck={false}
        maxLength={256}
        aria-describedby={`${describedBy} step-error`.trim()}
      />
    </>
  );
}

const Ended = ({ ended }: { ended: boolean }) => {
  const { t } = useWords();
  return ended ? <p class="notice">{t("signin.ended")}</p> : null;
};

/** The one-time code of whoever holds the machine, or an invitation. */
export function CodeStep({ ended, onDone }: { ended: boolean; onDone: Done }) {
  const { t } = useWords();
  const send = (fields: FormData) => {
    const code = field(fields, "code").trim();
    return code === "" ? "empty" : signIn(code);
  };
  const where = (
    <p id="code-where" class="quiet-text">
      <WithCommands text={t("signin.where")} /> {t("signin.limits")}
    </p>
  );
  return (
    <StepForm title={t("signin.title")} submit={t("signin.submit")} send={send} onDone={onDone} after={where}>
      <Ended ended={ended} />
      <Field name="code" label={t("signin.code")} complete="one-time-code" describedBy="code-where" />
    </StepForm>
  );
}

export function AccountStep({ ended, onDone }: { ended: boolean; onDone: Done }) {
  const { t } = useWords();
  const send = (fields: FormData) => {
    const [account, password] = [field(fields, "account").trim(), field(fields, "password")];
    return account === "" || password === "" ? "missing" : signInByPassword(account, password);
  };
  return (
    <StepForm title={t("signin.title")} submit={t("signin.continue")} send={send} onDone={onDone}>
      <Ended ended={ended} />
      <Field name="account" label={t("signin.account")} complete="username" />
      <Field name="password" label={t("signin.password")} type="password" complete="current-password" />
    </StepForm>
  );
}

export function PasswordStep({ ticket, onDone }: { ticket: string; onDone: Done }) {
  const { t } = useWords();
  const send = (fields: FormData) => {
    const password = field(fields, "password");
    return password === "" ? "missing" : setPassword(ticket, password);
  };
  return (
    <StepForm title={t("signin.password.title")} submit={t("signin.continue")} send={send} onDone={onDone}>
      <p id="password-rule" class="quiet-text">
        {t("signin.password.rule")}
      </p>
      <Field
        name="password"
        label={t("signin.password.new")}
        type="password"
        complete="new-password"
        describedBy="password-rule"
      />
    </StepForm>
  );
}

export function EnrolStep({ ticket, onDone }: { ticket: string; onDone: Done }) {
  const { t } = useWords();
  const [shown, setShown] = useState<{ secret: string; uri: string }>();
  useEffect(() => void newFactor(ticket).then(setShown), [ticket]);
  return (
    <StepForm
      title={t("signin.enrol.title")}
      submit={t("signin.submit")}
      send={(fields) => codeOf(fields, ticket)}
      onDone={onDone}
      after={devicesReachable() && <PasskeyButton label={t("passkey.instead")} ticket={ticket} onDone={onDone} />}
    >
      <p class="quiet-text">{t("signin.enrol.how")}</p>
      {shown && (
        <p>
          {t("signin.enrol.key")}{" "}
          <code class="signin-key" data-testid="signin-key">
            {shown.secret.match(/.{1,4}/g)?.join(" ")}
          </code>
          <br />
          <a href={shown.uri}>{t("signin.enrol.open")}</a>
        </p>
      )}
      <Field name="second" label={t("signin.second.code")} complete="one-time-code" />
    </StepForm>
  );
}

/** A passkey instead of a code: one that the account has, or at the first sign-in a new one. */
function PasskeyButton({ label, ticket, onDone }: { label: string; ticket: string; onDone: Done }) {
  const words = useWords();
  const [outcome, setOutcome] = useState<StepOutcome>();
  const [working, setWorking] = useState(false);
  async function use() {
    setWorking(true);
    const said = await byPasskey(ticket);
    await onDone(said);
    setWorking(false);
    setOutcome(said);
  }
  return (
    <>
      <button type="button" class="button" data-testid="signin-passkey" disabled={working} onClick={() => void use()}>
        {label}
      </button>
      <p class="error" role="alert" data-testid="passkey-error">
        {!working && problem(outcome, 0, words)}
      </p>
    </>
  );
}

export function SecondStep({ ticket, passkey, onDone }: { ticket: string; passkey: boolean; onDone: Done }) {
  const { t } = useWords();
  return (
    <StepForm
      title={t("signin.second.title")}
      submit={t("signin.submit")}
      send={(fields) => codeOf(fields, ticket)}
      onDone={onDone}
      after={
        passkey && devicesReachable() && <PasskeyButton label={t("passkey.use")} ticket={ticket} onDone={onDone} />
      }
    >
      <Field name="second" label={t("signin.second.code")} complete="one-time-code" />
    </StepForm>
  );
}

function codeOf(fields: FormData, ticket: string): Promise<StepOutcome> | "missing" {
  const code = field(fields, "second").trim();
  return code === "" ? "missing" : secondFactor(ticket, code);
}

/** Shown once, after the first sign-in: nothing else leads on from here. */
export function RecoveryStep({ codes, onKept }: { codes: string[]; onKept(): void }) {
  const { t } = useWords();
  return (
    <section class="signin-step">
      <h1>{t("signin.recovery.title")}</h1>
      <p class="quiet-text">{t("signin.recovery.how")}</p>
      <ul class="signin-recovery" data-testid="signin-recovery">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <button type="button" class="button primary" data-testid="signin-kept" onClick={onKept}>
        {t("signin.recovery.kept")}
      </button>
    </section>
  );
}
