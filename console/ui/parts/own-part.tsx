// The work on an incident as an agency's own people see it: what they are asked to do, what was written to them, and their answer.
import { useState } from "preact/hooks";
import { call } from "../state/api.ts";
import type { CasePart } from "../state/casework.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { AreaField, Refusal, useActing } from "./form.tsx";
import { At } from "./labels.tsx";

export function OwnPart({ incident, part, again }: { incident: string; part: CasePart; again(): void }) {
  const { language, t, name } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  const acting = useActing();
  const [text, setText] = useState("");
  const path = `/api/incidents/${encodeURIComponent(incident)}/casework`;
  const send = async (verb: string, body: object): Promise<boolean> => {
    const done = (await acting.run(() => call("POST", `${path}/${verb}`, body))) !== undefined;
    if (done) again();
    return done;
  };
  return (
    <>
      {part.tasks.length > 0 && (
        <section class="part" data-testid="own-tasks">
          <h3>{t("task.own")}</h3>
          <ul class="tasks">
            {part.tasks.map((task) => (
              <li key={task.id} class={`task ${task.state}`}>
                <label class="choice">
                  <input
                    type="checkbox"
                    checked={task.state === "done"}
                    disabled={acting.disabled || task.state === "skipped"}
                    onChange={() =>
                      send("answer-task", { task: task.id, state: task.state === "done" ? "open" : "done" })
                    }
                  />
                  <span>
                    <span class="task-phase">{t(`task.phase.${task.phase}`)}</span> {name(task.text)}
                  </span>
                </label>
                {task.dueAt !== undefined && <p class="task-facts">{t("task.due", { time: dateTime(task.dueAt) })}</p>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="part" data-testid="own-comments">
        <h3>{t("work.part")}</h3>
        {part.comments.length === 0 && <p class="quiet-text">{t("work.part.none")}</p>}
        <ol class="timeline">
          {part.comments.map((c) => (
            <li key={`${c.at}${c.text}`}>
              <p class="event-head">
                <strong>{c.by === "centre" ? t("work.centre") : nameOf(names, language, c.by)}</strong> <At at={c.at} />
              </p>
              <p class="event-why">{c.text}</p>
            </li>
          ))}
        </ol>
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== "") void send("answer", { text }).then((ok) => ok && setText(""));
          }}
        >
          <AreaField label={t("work.part.answer")} value={text} onText={setText} data-testid="answer" />
          <button
            type="submit"
            class="button"
            data-testid="answer-give"
            disabled={acting.disabled || text.trim() === ""}
          >
            {t("work.part.answer")}
          </button>
        </form>
        <Refusal acting={acting} />
      </section>
    </>
  );
}
