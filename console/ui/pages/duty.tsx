// The watch: who has it, until when, handing it over with a note, and the notes of those before.
import { useState } from "preact/hooks";
import { AreaField, Page, Refusal, Section, TextField, useActing } from "../parts/form.tsx";
import { At } from "../parts/labels.tsx";
import { Table } from "../parts/table.tsx";
import { useFetched, verb } from "../state/fetched.ts";
import { incidentHref } from "../state/route.ts";
import { useWords } from "../text/use.tsx";

interface Watch {
  schedule: string;
  name: { vi: string; en: string };
  account: string;
  until: number;
}
interface Handover {
  at: number;
  by: string;
  to: string;
  note: string;
  open: string[];
}
const duty = () => verb<Watch[]>("duty");
const notes = () => verb<Handover[]>("hand-overs");

export function Duty() {
  const { t, name } = useWords();
  const watches = useFetched(duty);
  const past = useFetched(notes);
  return (
    <Page title={t("page.duty")} purpose={t("duty.purpose")}>
      <Section title={t("duty.now")}>
        <Table
          rows={watches.value}
          keyOf={(w) => w.schedule}
          none={t("duty.none")}
          testId="duty"
          columns={[
            { title: t("duty.schedule"), of: (w) => name(w.name) },
            { title: t("duty.who"), of: (w) => <strong>{w.account}</strong> },
            { title: t("duty.until"), of: (w) => <At at={w.until} /> },
          ]}
        />
      </Section>
      <HandOver onDone={past.again} />
      <Section title={t("duty.past")} testId="hand-overs">
        <Table
          rows={past.value}
          keyOf={(h) => String(h.at)}
          none={t("duty.past.none")}
          columns={[
            { title: t("timeline.time"), of: (h) => <At at={h.at} /> },
            { title: t("duty.from-to"), of: (h) => `${h.by} → ${h.to}` },
            { title: t("duty.note"), of: (h) => <span class="written">{h.note}</span> },
            {
              title: t("duty.open"),
              of: (h) =>
                h.open.map((id, i) => (
                  <span key={id}>
                    {i > 0 && ", "}
                    <a href={incidentHref(id)}>{id}</a>
                  </span>
                )),
            },
          ]}
        />
      </Section>
    </Page>
  );
}

function HandOver({ onDone }: { onDone(): void }) {
  const { t } = useWords();
  const acting = useActing();
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const [open, setOpen] = useState<string[]>();
  async function give(event: Event) {
    event.preventDefault();
    const given = await acting.run(() => verb<{ open: string[] }>("hand-over", { to: to.trim(), note }));
    if (!given) return;
    setOpen(given.open);
    setNote("");
    onDone();
  }
  return (
    <Section title={t("duty.hand-over")} testId="hand-over">
      <form class="form" onSubmit={give}>
        <TextField
          label={t("duty.to")}
          hint={t("duty.to.how")}
          required
          value={to}
          onText={setTo}
          maxLength={64}
          data-testid="hand-over-to"
        />
        <AreaField
          label={t("duty.note")}
          hint={t("duty.note.how")}
          required
          rows={4}
          value={note}
          onText={setNote}
          data-testid="hand-over-note"
        />
        <button
          type="submit"
          class="button primary"
          data-testid="hand-over-give"
          disabled={acting.disabled || to.trim() === "" || note.trim() === ""}
        >
          {t("duty.give")}
        </button>
        {open && (
          <p class="done" role="status">
            {t("duty.given", { count: open.length })}
          </p>
        )}
        <Refusal acting={acting} />
      </form>
    </Section>
  );
}
