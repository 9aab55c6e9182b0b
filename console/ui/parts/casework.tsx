// People's work in the detail of an incident: what it is in law and by when who has to be told, the playbook's tasks, what people
// wrote, and the record to take away.
import { useState } from "preact/hooks";
import type { Clock, Task } from "../../../protocol/casework.ts";
import type { Incident } from "../../../protocol/incident.ts";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import type { ActionOutcome } from "../state/api.ts";
import { type CaseView, timelineHref, useCase, work } from "../state/casework.ts";
import { useNow } from "../state/clock.ts";
import { link, may, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { clauseText } from "../text/describe.ts";
import { dateTime, duration } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { EvidenceFiles } from "./evidence-files.tsx";
import { Icon } from "./icons.tsx";
import { At } from "./labels.tsx";
import { OwnPart } from "./own-part.tsx";
import { AddTask, AgenciesTold, ShareWith, useShared } from "./shared-work.tsx";

export function CaseParts({ incident }: { incident: Incident }) {
  const { language, t } = useWords();
  const { view, again } = useCase(incident);
  const live = useStore(link, (l) => l.phase === "live");
  const reads = useStore(session, may("evidence.read"));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ActionOutcome>();
  if (!view) return null;
  if (view.restricted) return <OwnPart incident={incident.id} part={view} again={again} />;
  const run = async (verb: string, body: object): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    const outcome = await work(incident.id, verb, body);
    setBusy(false);
    if (!outcome.ok) setError(outcome);
    return outcome.ok;
  };
  const part = { incident, view, run, disabled: busy || !live };
  const refused = error && !error.ok ? (error.code === "refused" ? error.problem : error.code) : undefined;
  return (
    <>
      <LegalPart {...part} />
      <TaskPart {...part} />
      <EvidenceFiles incident={incident.id} files={view.state.evidence} onChanged={again} />
      <CommentPart {...part} />
      {refused !== undefined && (
        <p class="error" role="alert">
          {textIfKnown(language, `problem.${refused}`) ?? t("action.error.unreachable")}
        </p>
      )}
      {reads && <Exports incident={incident.id} />}
    </>
  );
}

/** The whole record of the incident, to take away. */
function Exports({ incident }: { incident: string }) {
  const { language, t } = useWords();
  return (
    <p class="exports">
      {t("timeline.export")}:{" "}
      <a href={timelineHref(incident, "html", language)} target="_blank" rel="noreferrer">
        {t("timeline.print")}
      </a>{" "}
      <a href={timelineHref(incident, "csv", language)}>CSV</a>{" "}
      <a href={timelineHref(incident, "json", language)}>JSON</a>
    </p>
  );
}

interface PartProps {
  incident: Incident;
  view: CaseView;
  run(verb: string, body: object): Promise<boolean>;
  disabled: boolean;
}

function LegalPart({ incident, view, run, disabled }: PartProps) {
  const { t, name } = useWords();
  const { classification, clocks, silencedBy } = view.work;
  const nameOf = (table: CaseView["natures"], id: string) => (table[id] ? name(table[id]) : id);
  return (
    <section class="part" data-testid="legal">
      <h3>{t("work.title")}</h3>
      <p class="classification">
        <strong>{nameOf(view.natures, classification.nature)}</strong>
        {classification.grades.map((g) => (
          <span key={g} class="label grade">
            {nameOf(view.grades, g)}
          </span>
        ))}
      </p>
      <p class="quiet-text">
        {name(classification.reason)} ·{" "}
        {classification.confirmed ? t("work.confirmed", { by: classification.by }) : t("work.unconfirmed")}
      </p>
      {silencedBy && <p class="quiet-text">{t("work.silenced", { silence: silencedBy })}</p>}
      <Classify key={`${classification.nature}${classification.grades}`} view={view} run={run} disabled={disabled} />
      {clocks.length > 0 && (
        <ul class="clocks">
          {clocks.map((c) => (
            <ClockRow key={c.id} clock={c} disabled={disabled} onNotice={(sent) => run("notice", sent)} />
          ))}
        </ul>
      )}
      {incident.campaign && (
        <p>
          {t("incident.campaign")}: <strong>{incident.campaign}</strong>
        </p>
      )}
    </section>
  );
}

/** Confirm what was proposed, or open the form that corrects it. */
function Classify({ view, run, disabled }: Omit<PartProps, "incident">) {
  const { t, name } = useWords();
  const { classification } = view.work;
  const [open, setOpen] = useState(false);
  const [nature, setNature] = useState(classification.nature);
  const [grades, setGrades] = useState(classification.grades);
  const [reason, setReason] = useState("");
  if (!open)
    return (
      <div class="steps">
        {!classification.confirmed && (
          <button
            type="button"
            class="button"
            disabled={disabled}
            data-testid="confirm-class"
            onClick={() => run("classify", { nature, grades, reason: "" })}
          >
            <Icon name="check" /> {t("work.confirm")}
          </button>
        )}
        <button type="button" class="button" disabled={disabled} onClick={() => setOpen(true)}>
          {t("work.correct")}
        </button>
      </div>
    );
  return (
    <form
      class="close-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run("classify", { nature, grades, reason }).then((ok) => ok && setOpen(false));
      }}
    >
      <label for="nature">{t("work.nature")}</label>
      <select id="nature" value={nature} onChange={(e) => setNature(e.currentTarget.value)}>
        {Object.entries(view.natures).map(([id, both]) => (
          <option key={id} value={id}>
            {name(both)}
          </option>
        ))}
      </select>
      <fieldset>
        <legend>{t("work.grades")}</legend>
        {Object.entries(view.grades).map(([id, both]) => (
          <label key={id} class="choice">
            <input
              type="checkbox"
              checked={grades.includes(id)}
              onChange={() => setGrades(grades.includes(id) ? grades.filter((g) => g !== id) : [...grades, id])}
            />{" "}
            {name(both)}
          </label>
        ))}
      </fieldset>
      <label for="class-reason">{t("work.correct.reason")}</label>
      <textarea id="class-reason" rows={2} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
      <button type="submit" class="button primary" disabled={disabled}>
        {t("action.confirm")}
      </button>
    </form>
  );
}

function ClockRow(props: {
  clock: Clock;
  disabled: boolean;
  onNotice(sent: { clock: string; sentAt: number; to: string; reference: string }): Promise<boolean>;
}) {
  const { clock } = props;
  const { language, t, name } = useWords();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const [reference, setReference] = useState("");
  const id = clock.id.replaceAll("/", "-");
  return (
    <li class={`clock ${clockTone(clock, now)}`} data-testid="clock" data-clock={clock.id}>
      <div class="clock-head">
        <Icon name={clock.metAt === undefined ? "clock" : "check"} />
        <span class="clock-title">{name(clock.title)}</span>
        <ClockLeft clock={clock} />
      </div>
      <p class="quiet-text">
        {clauseText(language, clock.source)}
        {clock.mark === "S" && ` · ${t("clock.mark.S")}`}
        {clock.dueAt !== undefined && ` · ${t("clock.due")}: ${dateTime(clock.dueAt)}`}
      </p>
      {clock.metAt === undefined && !open && (
        <button type="button" class="button" disabled={props.disabled} onClick={() => setOpen(true)}>
          {t("clock.notice")}
        </button>
      )}
      {clock.metAt === undefined && open && (
        <form
          class="close-form"
          onSubmit={(event) => {
            event.preventDefault();
            void props.onNotice({ clock: clock.id, sentAt: now, to, reference }).then((ok) => ok && setOpen(false));
          }}
        >
          <label for={`to-${id}`}>{t("clock.notice.to")}</label>
          <input id={`to-${id}`} required value={to} onInput={(e) => setTo(e.currentTarget.value)} />
          <label for={`ref-${id}`}>{t("clock.notice.reference")}</label>
          <input id={`ref-${id}`} value={reference} onInput={(e) => setReference(e.currentTarget.value)} />
          <button type="submit" class="button primary" disabled={props.disabled || to.trim() === ""}>
            {t("action.confirm")}
          </button>
        </form>
      )}
    </li>
  );
}

/** Met, running, its last tenth, or over. */
function clockTone(c: Clock, now: number): "met" | "runs" | "near" | "over" {
  if (c.metAt !== undefined) return "met";
  if (c.dueAt === undefined) return "runs";
  if (now >= c.dueAt) return "over";
  return (c.dueAt - now) / (c.dueAt - c.startAt) < 0.25 ? "near" : "runs";
}

/** How much time a clock has left, ticking. */
export function ClockLeft({ clock }: { clock: Clock }) {
  const { language, t } = useWords();
  const now = useNow();
  const tone = clockTone(clock, now);
  const said =
    clock.metAt !== undefined
      ? t("clock.done", { time: dateTime(clock.metAt) })
      : clock.dueAt === undefined
        ? t("clock.no.time")
        : t(tone === "over" ? "clock.over" : "clock.left", {
            duration: duration(language, Math.abs(clock.dueAt - now)),
          });
  return <span class={`clock-left ${tone}`}>{said}</span>;
}

function TaskPart({ incident, view, run, disabled }: PartProps) {
  const { t } = useWords();
  const { tasks } = view.state;
  const { done, total } = view.work.tasks;
  return (
    <section class="part" data-testid="tasks">
      <h3>
        {t("task.title")} · {t("task.progress", { done, total })}
      </h3>
      <ul class="tasks">
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} disabled={disabled} run={run} />
        ))}
      </ul>
      <AddTask incident={incident} run={run} disabled={disabled} />
    </section>
  );
}

function TaskRow({ task, run, disabled }: { task: Task } & Pick<PartProps, "run" | "disabled">) {
  const { t, name } = useWords();
  const now = useNow();
  const [skipping, setSkipping] = useState(false);
  const [reason, setReason] = useState("");
  const set = (state: Task["state"], why = "") => run("task", { task: task.id, state, reason: why });
  const late = task.state === "open" && task.dueAt !== undefined && task.dueAt < now;
  return (
    <li class={`task ${task.state}`}>
      <label class="choice">
        <input
          type="checkbox"
          checked={task.state === "done"}
          disabled={disabled}
          onChange={() => set(task.state === "done" ? "open" : "done")}
        />
        <span>
          <span class="task-phase">{t(`task.phase.${task.phase}`)}</span> {name(task.text)}
        </span>
      </label>
      <p class="task-facts">
        {task.state === "open" && task.dueAt !== undefined && (
          <span class={late ? "late" : ""}>{t("task.due", { time: dateTime(task.dueAt) })}</span>
        )}
        {task.by && (
          <span>
            {t(`task.${task.state}`)} · {task.by} · {task.at !== undefined && <At at={task.at} />}
          </span>
        )}
        {task.reason && <span>{task.reason}</span>}
        <AgenciesTold ids={task.agencies} />
        {task.state === "open" && !skipping && (
          <button type="button" class="link-button" disabled={disabled} onClick={() => setSkipping(true)}>
            {t("task.skip")}
          </button>
        )}
      </p>
      {skipping && task.state === "open" && (
        <form
          class="close-form"
          onSubmit={(event) => {
            event.preventDefault();
            void set("skipped", reason).then((ok) => ok && setSkipping(false));
          }}
        >
          <label for={`skip-${task.id}`}>{t("task.skip.reason")}</label>
          <input id={`skip-${task.id}`} required value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
          <button type="submit" class="button primary" disabled={disabled || reason.trim() === ""}>
            {t("action.confirm")}
          </button>
        </form>
      )}
    </li>
  );
}

function CommentPart({ incident, view, run, disabled }: PartProps) {
  const { t } = useWords();
  const [text, setText] = useState("");
  const shared = useShared(incident);
  const comments = view.events.filter((e) => e.kind === "comment");
  return (
    <section class="part" data-testid="comments">
      <h3>
        {t("work.comments")} ({comments.length})
      </h3>
      {comments.length > 0 && (
        <ol class="timeline">
          {comments.map((c) => (
            <li key={c.id}>
              <p class="event-head">
                <strong>{c.by}</strong> <At at={c.at} />{" "}
                <AgenciesTold ids={[c.detail["agencies"] ?? []].flat().map(String)} />
              </p>
              <p class="event-why">{String(c.detail["text"])}</p>
            </li>
          ))}
        </ol>
      )}
      <form
        class="close-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() === "") return;
          void run("comment", { text, agencies: shared.chosen }).then((ok) => {
            if (!ok) return;
            setText("");
            shared.choose([]);
          });
        }}
      >
        <label for="comment">{t("work.comment.add")}</label>
        <textarea
          id="comment"
          data-testid="comment"
          rows={2}
          maxLength={4000}
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
        />
        {text !== "" && <ShareWith shared={shared} />}
        <button type="submit" class="button" disabled={disabled || text.trim() === ""} data-testid="add-comment">
          {t("work.comment.add")}
        </button>
      </form>
    </section>
  );
}
