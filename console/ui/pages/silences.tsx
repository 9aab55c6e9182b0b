// Silences and maintenance: what is muted now and to come, and the form for a new one, which shows what it would match before it is.
import { useEffect, useMemo, useState } from "preact/hooks";
import { endOfSilence, MATCHER_FIELDS, type Matcher, type Silence } from "../../../protocol/silence.ts";
import {
  type Acting,
  AreaField,
  AskedButton,
  Page,
  Refusal,
  Section,
  SelectField,
  TextField,
  useActing,
} from "../parts/form.tsx";
import { Icon } from "../parts/icons.tsx";
import { At } from "../parts/labels.tsx";
import { Table } from "../parts/table.tsx";
import type { Answer } from "../state/api.ts";
import { consoleNow, useNow } from "../state/clock.ts";
import { useFetched, verb } from "../state/fetched.ts";
import { may, model, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf, tagTitle } from "../text/describe.ts";
import { fieldTime, timeOfField } from "../text/time.ts";
import { useWords, type Words } from "../text/use.tsx";

const listed = () => verb<Silence[]>("silences");

export function Silences() {
  const { t } = useWords();
  const manages = useStore(session, may("silence.manage"));
  const list = useFetched(listed);
  return (
    <Page title={t("page.silences")} purpose={t("silence.purpose")}>
      {manages && <NewSilence onMade={list.again} />}
      <SilenceList silences={list.value} manages={manages} onEnded={list.again} />
    </Page>
  );
}

const HOUR_MS = 3_600_000;
interface Preview {
  incidents: string[];
  assets: string[];
  noticeDays: number;
  noticeWorkingDays: number;
  noticeSource: string;
  unconfirmed: string[];
}
interface Asked {
  kind: Silence["kind"];
  matchers: Matcher[];
  from: number;
  until: number;
  reason: string;
  lateNotice?: string;
}

function NewSilence({ onMade }: { onMade(): void }) {
  const words = useWords();
  const { t } = words;
  const acting = useActing();
  const [kind, setKind] = useState<Silence["kind"]>("silence");
  const [matchers, setMatchers] = useState<Matcher[]>([{ field: "asset", op: "is", values: [] }]);
  const [from, setFrom] = useState(() => fieldTime(consoleNow()));
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const [late, setLate] = useState("");
  const begin = timeOfField(from);
  const end = timeOfField(until);
  const named = matchers.filter((m) => m.values.length > 0);
  const asked = useMemo<Asked | undefined>(
    () =>
      begin === undefined || end === undefined || named.length === 0
        ? undefined
        : { kind, matchers: named, from: begin, until: end, reason, ...(late.trim() && { lateNotice: late }) },
    [kind, JSON.stringify(named), begin, end, reason, late],
  );
  const preview = usePreview(asked);
  const tooLate = kind === "maintenance" && preview !== undefined && preview.noticeDays < preview.noticeWorkingDays;

  async function make(event: Event) {
    event.preventDefault();
    if (!asked || (await acting.run(() => verb<Silence>("silence", asked))) === undefined) return;
    setMatchers([{ field: "asset", op: "is", values: [] }]);
    setUntil("");
    setReason("");
    setLate("");
    onMade();
  }
  return (
    <Section title={t("silence.new")} testId="new-silence">
      <form class="form" onSubmit={make}>
        <fieldset class="radios">
          <legend>{t("silence.kind")}</legend>
          {(["silence", "maintenance"] as const).map((k) => (
            <label key={k} class="choice">
              <input type="radio" name="kind" value={k} checked={kind === k} onChange={() => setKind(k)} />
              <span>
                <strong>{t(`silence.kind.${k}`)}</strong> <span class="quiet-text">{t(`silence.kind.${k}.how`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Matchers matchers={matchers} onChange={setMatchers} />
        <div class="columns">
          <TextField
            label={t("silence.from")}
            hint={t("form.zone")}
            type="datetime-local"
            required
            value={from}
            onText={setFrom}
          />
          <TextField
            label={t("silence.until")}
            hint={t("silence.until.how")}
            type="datetime-local"
            required
            value={until}
            onText={setUntil}
            data-testid="silence-until"
          />
        </div>
        <div class="row">
          {[1, 4, 8, 24].map((hours) => (
            <button
              key={hours}
              type="button"
              class="button"
              onClick={() => setUntil(fieldTime((begin ?? consoleNow()) + hours * HOUR_MS))}
            >
              {t("silence.hours", { hours })}
            </button>
          ))}
        </div>
        <AreaField
          label={t("silence.reason")}
          required
          value={reason}
          onText={setReason}
          data-testid="silence-reason"
        />
        <PreviewOf preview={preview} asked={asked} tooLate={tooLate} />
        {tooLate && (
          <AreaField label={t("silence.late")} required value={late} onText={setLate} data-testid="silence-late" />
        )}
        <button
          type="submit"
          class="button primary"
          data-testid="silence-make"
          disabled={acting.disabled || !asked || reason.trim() === "" || (tooLate && late.trim() === "")}
        >
          {t(kind === "silence" ? "silence.make" : "silence.announce")}
        </button>
        <Refusal acting={acting} />
      </form>
    </Section>
  );
}

const PAUSE_MS = 250;
/** What the console says that it would match, asked again a moment after each change. */
function usePreview(asked: Asked | undefined): Preview | undefined {
  const [preview, setPreview] = useState<Preview>();
  useEffect(() => {
    let wanted = true;
    if (!asked) return setPreview(undefined);
    const timer = setTimeout(() => {
      void verb<Preview>("silence-preview", asked).then(
        (a: Answer<Preview>) => wanted && setPreview(a.ok ? a.value : undefined),
      );
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asked]);
  return preview;
}

const NAMED_AT_ONCE = 8;
function PreviewOf({ preview, asked, tooLate }: { preview?: Preview; asked?: Asked; tooLate: boolean }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names);
  if (!asked || !preview || !names) return <p class="quiet-text">{t("silence.preview.none")}</p>;
  const shown = preview.assets.slice(0, NAMED_AT_ONCE);
  const rest = preview.assets.length - shown.length;
  return (
    <div class="preview" data-testid="silence-preview" data-incidents={preview.incidents.length} aria-live="polite">
      <h4>{t("silence.preview")}</h4>
      <p>
        {preview.incidents.length === 0
          ? t("silence.preview.incidents.none")
          : t("silence.preview.incidents", { count: preview.incidents.length })}{" "}
        {preview.incidents.join(", ")}
      </p>
      {preview.assets.length > 0 && (
        <p>
          {t("silence.preview.assets", { count: preview.assets.length })}{" "}
          {shown.map((id) => nameOf(names, language, id)).join("; ")}
          {rest > 0 && ` ${t("incidents.more", { count: rest })}`}
        </p>
      )}
      {asked.kind === "maintenance" && preview.unconfirmed.length > 0 && (
        <p class="quiet-text">{t("silence.notice.unconfirmed", { days: preview.unconfirmed.join("; ") })}</p>
      )}
      {asked.kind === "maintenance" && (
        <p class={tooLate ? "warn" : "quiet-text"} data-testid="silence-notice">
          <Icon name={tooLate ? "alert" : "check"} />{" "}
          {t(tooLate ? "silence.notice.late" : "silence.notice.good", {
            days: preview.noticeDays,
            least: preview.noticeWorkingDays,
            source: preview.noticeSource,
          })}
        </p>
      )}
    </div>
  );
}

function Matchers({ matchers, onChange }: { matchers: Matcher[]; onChange(to: Matcher[]): void }) {
  const words = useWords();
  const { t } = words;
  const change = (i: number, to: Partial<Matcher>) => onChange(matchers.map((m, j) => (i === j ? { ...m, ...to } : m)));
  return (
    <fieldset class="matchers">
      <legend>{t("silence.matchers")}</legend>
      <p class="quiet-text">{t("silence.matchers.how")}</p>
      {matchers.map((m, i) => (
        // Rows have no name of their own; they are few and only the last is taken away.
        <div key={i} class="matcher" data-testid="matcher">
          <SelectField
            label={t("silence.field")}
            value={m.field}
            options={MATCHER_FIELDS.map((f) => ({ id: f, text: t(`silence.field.${f}`) }))}
            onPick={(field) => change(i, { field: field as Matcher["field"], values: [] })}
          />
          <SelectField
            label={t("silence.op")}
            value={m.op}
            options={(["is", "is-not"] as const).map((o) => ({ id: o, text: t(`silence.op.${o}`) }))}
            onPick={(op) => change(i, { op: op as Matcher["op"] })}
          />
          <Values matcher={m} onChange={(values) => change(i, { values })} words={words} />
        </div>
      ))}
      <div class="row">
        <button
          type="button"
          class="button"
          onClick={() => onChange([...matchers, { field: "class", op: "is", values: [] }])}
        >
          {t("silence.more")}
        </button>
        {matchers.length > 1 && (
          <button type="button" class="button" onClick={() => onChange(matchers.slice(0, -1))}>
            {t("silence.fewer")}
          </button>
        )}
      </div>
    </fieldset>
  );
}

const CLASSES = ["connectivity", "service", "dnssec", "certificate", "ipv6", "agent", "intrusion", "data"] as const;
const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;

/** The values of a matcher: of things that the console knows, a list to pick from; else typed. */
function Values({ matcher, onChange, words }: { matcher: Matcher; onChange(values: string[]): void; words: Words }) {
  const { language, t, name } = words;
  const m = useStore(model, (x) => x);
  const known = useMemo((): { id: string; text: string }[] => {
    if (!m) return [];
    if (matcher.field === "agency") return [...m.agencies.values()].map((a) => ({ id: a.id, text: name(a.name) }));
    if (matcher.field === "asset")
      return [...m.owners.keys()].map((id) => ({ id, text: `${nameOf(m.names, language, id)} (${id})` }));
    if (matcher.field === "class") return CLASSES.map((id) => ({ id, text: t(`class.${id}`) }));
    if (matcher.field === "severity") return SEVERITIES.map((id) => ({ id, text: t(`severity.${id}`) }));
    return [];
  }, [m?.names, matcher.field, language]);
  const textOf = (id: string) =>
    known.find((k) => k.id === id)?.text ?? (matcher.field === "tag" ? tagTitle(language, id) : id);
  return (
    <div class="field">
      {known.length > 0 ? (
        <SelectField
          label={t("silence.value")}
          value=""
          testId="matcher-value"
          options={[{ id: "", text: t("silence.value.pick") }, ...known.filter((k) => !matcher.values.includes(k.id))]}
          onPick={(id) => id !== "" && onChange([...matcher.values, id])}
        />
      ) : (
        <TextField
          label={t("silence.value")}
          hint={t("silence.value.typed")}
          value={matcher.values.join(" ")}
          onText={(text) => onChange(text.split(/\s+/).filter((v) => v !== ""))}
        />
      )}
      {known.length > 0 && matcher.values.length > 0 && (
        <ul class="chips">
          {matcher.values.map((id) => (
            <li key={id}>
              <button
                type="button"
                class="chip"
                aria-label={t("silence.value.drop", { value: textOf(id) })}
                onClick={() => onChange(matcher.values.filter((v) => v !== id))}
              >
                {textOf(id)} <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const PAST_SHOWN = 50;
function SilenceList(props: { silences: Silence[] | undefined; manages: boolean; onEnded(): void }) {
  const { t } = useWords();
  const now = useNow();
  const acting = useActing();
  const standing = props.silences?.filter((s) => endOfSilence(s) > now);
  const past = props.silences?.filter((s) => endOfSilence(s) <= now).slice(0, PAST_SHOWN);
  const rows = { acting, now, onEnded: props.onEnded };
  return (
    <>
      <Section title={t("silence.standing")}>
        <SilenceRows
          {...rows}
          silences={standing}
          none={t("silence.standing.none")}
          testId="silences"
          manages={props.manages}
        />
        <Refusal acting={acting} />
      </Section>
      <Section title={t("silence.past")}>
        <SilenceRows {...rows} silences={past} none={t("silence.past.none")} testId="silences-past" manages={false} />
      </Section>
    </>
  );
}

function SilenceRows(props: {
  silences: Silence[] | undefined;
  none: string;
  testId: string;
  manages: boolean;
  now: number;
  acting: Acting;
  onEnded(): void;
}) {
  const words = useWords();
  const { language, t } = words;
  const names = useStore(model, (m) => m?.names) ?? new Map();
  const { acting, now } = props;
  const wordsOf = (m: Matcher, v: string): string => {
    if (m.field === "class") return t(`class.${v}` as "class.service");
    if (m.field === "severity") return t(`severity.${v}` as "severity.high");
    return m.field === "tag" ? tagTitle(language, v) : nameOf(names, language, v);
  };
  const end = async (s: Silence, reason: string) => {
    if ((await acting.run(() => verb("end-silence", { silence: s.id, reason }))) !== undefined) props.onEnded();
  };
  return (
    <Table
      rows={props.silences}
      keyOf={(s) => s.id}
      none={props.none}
      testId={props.testId}
      columns={[
        {
          title: t("silence.which"),
          of: (s) => (
            <>
              <strong>{s.id}</strong> <span class="label plain">{t(`silence.kind.${s.kind}`)}</span>{" "}
              {s.from > now && <span class="label plain">{t("silence.to-come")}</span>}
            </>
          ),
        },
        {
          title: t("silence.matchers"),
          of: (s) => (
            <ul>
              {s.matchers.map((m) => (
                <li key={`${m.field}${m.op}${m.values}`}>
                  {t(`silence.field.${m.field}`)} {t(`silence.op.${m.op}`)}:{" "}
                  {m.values.map((v) => wordsOf(m, v)).join("; ")}
                </li>
              ))}
            </ul>
          ),
        },
        {
          title: t("silence.when"),
          of: (s) => (
            <>
              <At at={s.from} /> – <At at={endOfSilence(s)} />
            </>
          ),
        },
        {
          title: t("silence.reason"),
          of: (s) => (
            <>
              {s.reason} <span class="quiet-text">· {s.by}</span>
              {s.lateNotice && <span class="quiet-text"> · {t("silence.late.was", { why: s.lateNotice })}</span>}
              {s.endedBy && <span class="quiet-text"> · {t("silence.ended.by", { by: s.endedBy })}</span>}
            </>
          ),
        },
        ...(props.manages
          ? [
              {
                title: t("form.acts"),
                acts: true as const,
                of: (s: Silence) => (
                  <AskedButton
                    label={t("silence.end")}
                    ask={t("silence.end.why")}
                    testId="silence-end"
                    disabled={acting.disabled}
                    onDo={(reason) => end(s, reason)}
                  />
                ),
              },
            ]
          : []),
      ]}
    />
  );
}
