// What a lead does with an incident besides working on it: give it to somebody, join it with another, part it, set its severity,
// correct when it was first detected. One form at a time; each needs a reason.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Incident } from "../../../protocol/incident.ts";
import { type Act, refusalOf } from "../../../protocol/lifecycle.ts";
import type { TextKey } from "../../../protocol/locales/index.ts";
import { actOn } from "../state/api.ts";
import { incidentHref } from "../state/route.ts";
import { may, model, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { fieldTime, timeOfField } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { AreaField, ChoiceField, Refusal, SelectField, TextField, useActing } from "./form.tsx";

const FORMS = ["assign", "merge", "split", "set-severity", "correct-detection"] as const;
type Form = (typeof FORMS)[number];
const LABELS: Record<Form, TextKey> = {
  assign: "lead.assign",
  merge: "lead.merge",
  split: "lead.split",
  "set-severity": "lead.severity",
  "correct-detection": "lead.detection",
};

export function LeadActions({ incident }: { incident: Incident }) {
  const { t } = useWords();
  const leads = useStore(session, may("incident.lead"));
  const [form, setForm] = useState<Form>();
  if (!leads || incident.state === "closed") return null;
  const parts = [...new Set(incident.evidence.map((e) => e.agency))];
  const offered = FORMS.filter((f) => f !== "split" || parts.length > 1);
  const done = () => setForm(undefined);
  return (
    <div class="lead-actions" data-testid="lead-actions">
      <div class="steps">
        {offered.map((f) => (
          <button
            key={f}
            type="button"
            class="button"
            data-testid={f}
            aria-expanded={form === f}
            onClick={() => setForm(form === f ? undefined : f)}
          >
            {t(LABELS[f])}
          </button>
        ))}
      </div>
      {form === "assign" && <Assign incident={incident} onDone={done} />}
      {form === "merge" && <Merge incident={incident} onDone={done} />}
      {form === "split" && <Split incident={incident} parts={parts} onDone={done} />}
      {form === "set-severity" && <SetSeverity incident={incident} onDone={done} />}
      {form === "correct-detection" && <CorrectDetection incident={incident} onDone={done} />}
    </div>
  );
}

interface FormProps {
  incident: Incident;
  onDone(): void;
}

/** Its own fields, the reason, and the act that they make; nothing to send while `act` gives none. */
function LeadForm(
  props: FormProps & {
    ask: TextKey;
    act(reason: string): Act | undefined;
    after?(): void;
    children: ComponentChildren;
  },
) {
  const { t } = useWords();
  const acting = useActing();
  const [reason, setReason] = useState("");
  const act = props.act(reason.trim());
  async function send(event: Event) {
    event.preventDefault();
    if (!act || (await acting.run(() => actOn(props.incident.id, act))) === undefined) return;
    props.onDone();
    props.after?.();
  }
  return (
    <form class="form" onSubmit={send}>
      {props.children}
      <AreaField
        label={t(props.ask)}
        required
        value={reason}
        onText={setReason}
        maxLength={2000}
        data-testid="lead-reason"
      />
      <button
        type="submit"
        class="button primary"
        data-testid="lead-give"
        disabled={acting.disabled || !act || reason.trim() === ""}
      >
        {t("action.confirm")}
      </button>
      <Refusal acting={acting} />
    </form>
  );
}

function Assign(props: FormProps) {
  const { t } = useWords();
  const [to, setTo] = useState("");
  const act = (reason: string): Act | undefined =>
    to.trim() === "" ? undefined : { kind: "assign", to: to.trim(), reason };
  return (
    <LeadForm {...props} ask="lead.assign.reason" act={act}>
      <TextField
        label={t("lead.assign.to")}
        hint={t("duty.to.how")}
        required
        value={to}
        onText={setTo}
        maxLength={64}
        data-testid="assign-to"
      />
    </LeadForm>
  );
}

function Merge(props: FormProps) {
  const { t, name } = useWords();
  const { incident } = props;
  const account = useStore(session, (s) => (s.phase === "signed-in" ? s.account : ""));
  const incidents = useStore(model, (m) => m?.incidents);
  const [into, setInto] = useState("");
  const mergeInto = (id: string, reason: string): Act => ({ kind: "merge", into: id, reason });
  const others = [...(incidents?.values() ?? [])].filter(
    (i) => i.state !== "closed" && refusalOf(incident, account, mergeInto(i.id, "?")) === undefined,
  );
  const options = others.map((i) => ({
    id: i.id,
    text: `${i.id}: ${name(i.cause.name)}${i.cause.actor ? ` ← ${i.cause.actor}` : ""}`,
  }));
  return (
    <LeadForm
      {...props}
      ask="lead.merge.reason"
      act={(reason) => (into === "" ? undefined : mergeInto(into, reason))}
      after={() => {
        location.hash = incidentHref(into);
      }}
    >
      <SelectField
        label={t("lead.merge.into")}
        hint={t("lead.merge.how")}
        value={into}
        testId="merge-into"
        options={[{ id: "", text: t("silence.value.pick") }, ...options]}
        onPick={setInto}
      />
    </LeadForm>
  );
}

function Split(props: FormProps & { parts: string[] }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  const [agencies, setAgencies] = useState<string[]>([]);
  const some = agencies.length > 0 && agencies.length < props.parts.length;
  return (
    <LeadForm
      {...props}
      ask="lead.split.reason"
      act={(reason) => (some ? { kind: "split", agencies, reason } : undefined)}
    >
      <ChoiceField
        label={t("lead.split.agencies")}
        hint={t("lead.split.how")}
        chosen={agencies}
        options={props.parts.map((id) => ({ id, text: nameOf(names, language, id) }))}
        onChoose={setAgencies}
      />
    </LeadForm>
  );
}

const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
function SetSeverity(props: FormProps) {
  const { t } = useWords();
  const [severity, setSeverity] = useState<Incident["severity"]>(props.incident.severity);
  return (
    <LeadForm {...props} ask="lead.severity.reason" act={(reason) => ({ kind: "set-severity", severity, reason })}>
      <SelectField
        label={t("declare.severity")}
        value={severity}
        testId="severity"
        options={SEVERITIES.map((id) => ({ id, text: t(`severity.${id}`) }))}
        onPick={(id) => setSeverity(id as Incident["severity"])}
      />
    </LeadForm>
  );
}

function CorrectDetection(props: FormProps) {
  const { t } = useWords();
  const [value, setValue] = useState(fieldTime(props.incident.detectedAt));
  const at = timeOfField(value);
  return (
    <LeadForm
      {...props}
      ask="lead.detection.reason"
      act={(reason) => (at === undefined ? undefined : { kind: "correct-detection", at, reason })}
    >
      <TextField
        label={t("declare.detected")}
        hint={t("lead.detection.how")}
        type="datetime-local"
        required
        value={value}
        onText={setValue}
        data-testid="detected"
      />
    </LeadForm>
  );
}
