// Casework that agencies' own people are told of: whom a comment or a task is for, and the form for a task.
import { useState } from "preact/hooks";
import { TASK_PHASES } from "../../../protocol/casework.ts";
import type { Incident } from "../../../protocol/incident.ts";
import { joinList } from "../../../protocol/locales/index.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { useWords } from "../text/use.tsx";
import { ChoiceField, SelectField, TextField } from "./form.tsx";

export interface Shared {
  /** Agencies with a part in the incident: no other may be told of it. */
  offered: string[];
  chosen: string[];
  choose(ids: string[]): void;
}

export function useShared({ impact, evidence }: Incident): Shared {
  const [chosen, choose] = useState<string[]>([]);
  const { lost, degraded, affected } = impact;
  const offered = [...new Set([...lost, ...degraded, ...affected, ...evidence.map((e) => e.agency)])];
  return { offered, chosen, choose };
}

export function ShareWith({ shared }: { shared: Shared }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  if (shared.offered.length === 0) return null;
  return (
    <ChoiceField
      label={t("work.share")}
      hint={t("work.share.how")}
      chosen={shared.chosen}
      options={shared.offered.map((id) => ({ id, text: nameOf(names, language, id) }))}
      onChoose={shared.choose}
    />
  );
}

/** To whom it was written beside the centre. */
export function AgenciesTold({ ids = [] }: { ids?: string[] }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  if (ids.length === 0) return null;
  const agencies = joinList(
    language,
    ids.map((id) => nameOf(names, language, id)),
    3,
  );
  return <span class="quiet-text">{t("work.shared", { agencies })}</span>;
}

export function AddTask(props: {
  incident: Incident;
  disabled: boolean;
  run(verb: string, body: object): Promise<boolean>;
}) {
  const { t } = useWords();
  const shared = useShared(props.incident);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [phase, setPhase] = useState<string>("investigate");
  if (!open)
    return (
      <div class="row">
        <button
          type="button"
          class="button"
          data-testid="task-open"
          disabled={props.disabled}
          onClick={() => setOpen(true)}
        >
          {t("task.add")}
        </button>
      </div>
    );
  async function add(event: Event) {
    event.preventDefault();
    if (!(await props.run("add-task", { phase, text, agencies: shared.chosen }))) return;
    setOpen(false);
    setText("");
    shared.choose([]);
  }
  return (
    <form class="form" onSubmit={add}>
      <TextField
        label={t("task.add.what")}
        required
        value={text}
        onText={setText}
        maxLength={2000}
        data-testid="task-text"
      />
      <SelectField
        label={t("task.phase")}
        value={phase}
        options={TASK_PHASES.map((id) => ({ id, text: t(`task.phase.${id}`) }))}
        onPick={setPhase}
      />
      <ShareWith shared={shared} />
      <button type="submit" class="button" data-testid="task-add" disabled={props.disabled || text.trim() === ""}>
        {t("task.add")}
      </button>
    </form>
  );
}
