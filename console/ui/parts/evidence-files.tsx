// Files that people handed in as evidence: each with its hash, taken out and verified here, and the form for another.
import { useState } from "preact/hooks";
import type { EvidenceItem } from "../../../protocol/casework.ts";
import { call } from "../state/api.ts";
import { ENDINGS, type Hashed, handIn, takeOut } from "../state/evidence.ts";
import { may, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";
import { type Acting, Refusal, TextField, useActing } from "./form.tsx";
import { At } from "./labels.tsx";

interface Props {
  incident: string;
  files: EvidenceItem[];
  onChanged(): void;
}

export function EvidenceFiles({ incident, files, onChanged }: Props) {
  const { t } = useWords();
  const acting = useActing();
  const handles = useStore(session, may("incident.handle"));
  const reads = useStore(session, may("evidence.read"));
  const [said, setSaid] = useState("");
  async function verify() {
    const path = `/api/incidents/${encodeURIComponent(incident)}/casework/verify-evidence`;
    const done = await acting.run(() => call<{ result: { good: number; damaged: string[] } }>("POST", path, {}));
    if (!done) return;
    const { good, damaged } = done.result;
    setSaid(damaged.length === 0 ? t("file.verified", { count: good }) : t("file.damaged", { count: damaged.length }));
  }
  async function take(item: EvidenceItem) {
    const hashed = await acting.run(() => takeOut(incident, item.sha256));
    if (hashed) setSaid(`${item.name}: ${t(`file.hash.${hashed}`)}`);
  }
  return (
    <section class="part" data-testid="files">
      <h3>
        {t("work.evidence")} ({files.length})
      </h3>
      {files.length > 0 && (
        <ul class="files">
          {files.map((f) => (
            <li key={f.sha256} class="file" data-sha256={f.sha256}>
              <p class="file-head">
                <strong>{f.name}</strong>{" "}
                <span class="quiet-text">
                  {t("file.size", { kib: Math.ceil(f.bytes / 1024) })} · {f.type}
                </span>
              </p>
              {f.note && <p class="written">{f.note}</p>}
              <p class="quiet-text">
                {f.by} · <At at={f.at} />
              </p>
              <p class="file-hash">
                <span class="quiet-text">SHA-256</span> <code>{f.sha256}</code>
              </p>
              {reads && (
                <button
                  type="button"
                  class="button"
                  data-testid="file-take"
                  disabled={acting.disabled}
                  onClick={() => void take(f)}
                >
                  {t("file.take")}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {files.length > 0 && handles && (
        <div class="row">
          <button
            type="button"
            class="button"
            data-testid="files-verify"
            disabled={acting.disabled}
            onClick={() => void verify()}
          >
            {t("file.verify")}
          </button>
        </div>
      )}
      {said && (
        <p role="status" class="done" data-testid="files-said">
          {said}
        </p>
      )}
      {handles && (
        <HandIn
          incident={incident}
          acting={acting}
          onDone={(hashed, name) => {
            setSaid(`${name}: ${t(`file.kept.${hashed}`)}`);
            onChanged();
          }}
        />
      )}
      <Refusal acting={acting} />
    </section>
  );
}

function HandIn(props: { incident: string; acting: Acting; onDone(hashed: Hashed, name: string): void }) {
  const { t } = useWords();
  const { acting } = props;
  const [open, setOpen] = useState(false);
  const [file, setFile] = useState<File>();
  const [note, setNote] = useState("");
  async function give(event: Event) {
    event.preventDefault();
    if (!file) return;
    const kept = await acting.run(() => handIn(props.incident, file, note));
    if (!kept) return;
    props.onDone(kept.hashed, file.name);
    setFile(undefined);
    setNote("");
    setOpen(false);
  }
  if (!open)
    return (
      <div class="row">
        <button
          type="button"
          class="button"
          data-testid="file-open"
          disabled={acting.disabled}
          onClick={() => setOpen(true)}
        >
          {t("file.add")}
        </button>
      </div>
    );
  return (
    <form class="form" onSubmit={give}>
      <label class="field">
        <span class="field-label">{t("file.add")}</span>
        <input
          type="file"
          accept={ENDINGS.join(",")}
          data-testid="file-input"
          onChange={(e) => setFile(e.currentTarget.files?.[0])}
        />
        <span class="quiet-text">{t("file.add.how")}</span>
      </label>
      <TextField label={t("file.note")} value={note} onText={setNote} maxLength={2000} data-testid="file-note" />
      <button type="submit" class="button" data-testid="file-give" disabled={acting.disabled || !file}>
        {t("file.give")}
      </button>
    </form>
  );
}
