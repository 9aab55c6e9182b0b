// What all forms of the pages share: labelled fields, one act at a time, its refusal in words, and choices from lists.
import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import type { Answer } from "../state/api.ts";
import { leave, link } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { refusalText } from "../text/refusal.ts";
import { useWords } from "../text/use.tsx";

export interface Acting {
  /** Runs one call; gives its value, or undefined when it was refused (which is then shown). */
  run<T>(call: () => Promise<Answer<T>>): Promise<T | undefined>;
  /** While a call runs, or the console cannot be reached. */
  disabled: boolean;
  /** The last refusal, in words. */
  refusal: string;
}

/** One act at a time, and what it was refused for. */
export function useActing(): Acting {
  const words = useWords();
  const live = useStore(link, (l) => l.phase === "live");
  const [busy, setBusy] = useState(false);
  const [last, setLast] = useState<Answer<unknown>>();
  return {
    async run(call) {
      setBusy(true);
      setLast(undefined);
      const answer = await call();
      setBusy(false);
      if (answer.ok) return answer.value;
      if (answer.code === "signed-out") leave(true);
      else setLast(answer);
      return undefined;
    },
    disabled: busy || !live,
    refusal: busy ? "" : refusalText(last, words),
  };
}

export const Refusal = ({ acting }: { acting: Acting }) => (
  <p class="error" role="alert" data-testid="refusal">
    {acting.refusal}
  </p>
);

interface Labelled {
  label: string;
  hint?: string;
}

/** A label, its control and a word on it. The control is given the id that the label names. */
function Labelled({ label, hint, children }: Labelled & { children(id: string): ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

type Input = Omit<JSX.IntrinsicElements["input"], "value" | "onInput" | "label">;
export function TextField({
  label,
  hint,
  value,
  onText,
  ...rest
}: Labelled & Input & { value: string; onText(text: string): void }) {
  return (
    <Labelled label={label} hint={hint}>
      {(id) => <input {...rest} id={id} value={value} onInput={(e) => onText(e.currentTarget.value)} />}
    </Labelled>
  );
}

type Area = Omit<JSX.IntrinsicElements["textarea"], "value" | "onInput" | "label">;
export function AreaField({
  label,
  hint,
  value,
  onText,
  ...rest
}: Labelled & Area & { value: string; onText(text: string): void }) {
  return (
    <Labelled label={label} hint={hint}>
      {(id) => (
        <textarea
          rows={2}
          maxLength={4000}
          {...rest}
          id={id}
          value={value}
          onInput={(e) => onText(e.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

export interface Option {
  id: string;
  text: string;
}
export function SelectField(
  props: Labelled & { value: string; options: readonly Option[]; onPick(id: string): void; testId?: string },
) {
  return (
    <Labelled label={props.label} hint={props.hint}>
      {(id) => (
        <select
          id={id}
          value={props.value}
          data-testid={props.testId}
          onChange={(e) => props.onPick(e.currentTarget.value)}
        >
          {props.options.map((o) => (
            <option key={o.id} value={o.id}>
              {o.text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

/** Any number of a list. A long list can be narrowed by typing. */
export function ChoiceField(
  props: Labelled & { chosen: readonly string[]; options: readonly Option[]; onChoose(ids: string[]): void },
) {
  const { t } = useWords();
  const [wanted, setWanted] = useState("");
  const { chosen, options } = props;
  const shown = options.filter((o) => chosen.includes(o.id) || plain(o.text).includes(plain(wanted)));
  return (
    <fieldset class="choices">
      <legend>{props.label}</legend>
      {props.hint && <p class="hint">{props.hint}</p>}
      {options.length > LONG_LIST && (
        <input
          type="search"
          class="filter"
          aria-label={t("form.narrow")}
          placeholder={t("form.narrow")}
          value={wanted}
          onInput={(e) => setWanted(e.currentTarget.value)}
        />
      )}
      <div class={`choices-list ${options.length > LONG_LIST ? "is-long" : ""}`}>
        {shown.map((o) => (
          <label key={o.id} class="choice">
            <input
              type="checkbox"
              name={o.id}
              checked={chosen.includes(o.id)}
              onChange={() =>
                props.onChoose(chosen.includes(o.id) ? chosen.filter((c) => c !== o.id) : [...chosen, o.id])
              }
            />
            <span>{o.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
const LONG_LIST = 12;
const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll(/[đĐ]/g, "d").toLowerCase();

/** A button that asks for a reason (or only for a second press) before it does what is hard to undo. */
export function AskedButton(props: {
  label: string;
  /** The question for a reason; absent where a second press is enough. */
  ask?: string;
  testId?: string;
  disabled: boolean;
  onDo(reason: string): Promise<unknown>;
}) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  if (!open)
    return (
      <button
        type="button"
        class="button"
        data-testid={props.testId}
        disabled={props.disabled}
        onClick={() => setOpen(true)}
      >
        {props.label}
      </button>
    );
  const missing = props.ask !== undefined && reason.trim() === "";
  return (
    <form
      class="asked"
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing) void props.onDo(reason.trim()).then(() => setOpen(false));
      }}
    >
      {props.ask !== undefined && (
        <TextField label={props.ask} required value={reason} onText={setReason} maxLength={2000} />
      )}
      <div class="row">
        <button type="submit" class="button primary" disabled={props.disabled || missing}>
          {props.ask === undefined ? `${props.label}: ${t("action.confirm")}` : t("action.confirm")}
        </button>
        <button type="button" class="button" onClick={() => setOpen(false)}>
          {t("form.cancel")}
        </button>
      </div>
    </form>
  );
}

/** The frame of a page: its heading, a sentence on what it is for, its sections. */
export function Page({ title, purpose, children }: { title: string; purpose?: string; children: ComponentChildren }) {
  return (
    <div class="page" data-testid="page">
      <h2 tabIndex={-1}>{title}</h2>
      {purpose && <p class="quiet-text page-purpose">{purpose}</p>}
      {children}
    </div>
  );
}

export function Section(props: {
  title: string;
  note?: ComponentChildren;
  testId?: string;
  children: ComponentChildren;
}) {
  return (
    <section class="panel" data-testid={props.testId}>
      <h3>{props.title}</h3>
      {props.note && <p class="quiet-text">{props.note}</p>}
      {props.children}
    </section>
  );
}
