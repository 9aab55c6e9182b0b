// How channels fare, a test over each, who is told of what, what could not be told lately, and how one is reached oneself.
import { useState } from "preact/hooks";
import { type TextKey, textIfKnown } from "../../../protocol/locales/index.ts";
import { Page, Refusal, Section, SelectField, TextField, useActing } from "../parts/form.tsx";
import { At } from "../parts/labels.tsx";
import { Table } from "../parts/table.tsx";
import { call } from "../state/api.ts";
import { useFetched } from "../state/fetched.ts";
import { incidentHref } from "../state/route.ts";
import { may, seesAll, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";

interface Channel {
  id: string;
  kind: string;
  state: "works" | "failing" | "dead" | "unused";
  since?: number;
  lastOkAt?: number;
  error?: { code: string; detail: string };
  pending: number;
  oldestAt?: number;
}
interface Route {
  id: string;
  to?: string[];
  channels: string[];
  kinds: string[];
  when?: Record<string, string[]>;
}
interface Failure {
  at: number;
  kind: string;
  incident: string;
  channel: string;
  receiver: string;
  attempts: number;
  code: string;
  detail: string;
}
interface State {
  channels: Channel[];
  direct: string[];
  routes: Route[];
  caretakers: string[];
  quiet?: { from: string; until: string };
  failures: Failure[];
}
const state = () => call<State>("GET", "/api/notifications");
const contact = () => call<{ contact?: { mail?: string; language: "vi" | "en" } }>("GET", "/api/me/contact");

export function Notifications() {
  const { t } = useWords();
  const sees = useStore(session, (s) => may("audit.read")(s) && seesAll(s));
  return (
    <Page title={t("page.notifications")} purpose={t("notifications.purpose")}>
      {sees && <Whole />}
      <Contact />
    </Page>
  );
}

function Whole() {
  const { t } = useWords();
  const known = useFetched(state);
  const now = known.value;
  return (
    <>
      <Channels rows={now?.channels} onTested={known.again} />
      <Section
        title={t("notifications.routes")}
        note={now?.quiet && t("notifications.quiet", { from: now.quiet.from, until: now.quiet.until })}
      >
        <Routes now={now} />
      </Section>
      <Section title={t("notifications.failures")} testId="failures">
        <Failures rows={now?.failures} />
      </Section>
    </>
  );
}

function Channels({ rows, onTested }: { rows: Channel[] | undefined; onTested(): void }) {
  const { t, language } = useWords();
  const tests = useStore(session, may("system.manage"));
  const acting = useActing();
  const [sent, setSent] = useState("");
  async function test(channel: string) {
    setSent("");
    const done = await acting.run(() => call("POST", "/api/notifications/test", { channel }));
    if (done !== undefined) setSent(channel);
    onTested();
  }
  return (
    <Section title={t("notifications.channels")} testId="channels">
      <Table
        rows={rows}
        keyOf={(c) => c.id}
        none={t("notices.none")}
        columns={[
          { title: t("notifications.channel"), of: (c) => <strong>{c.id}</strong> },
          { title: t("notifications.kind"), of: (c) => t(`channel.${c.kind}` as TextKey) },
          {
            title: t("notify.state"),
            of: (c) => (
              <>
                <span class={`channel-state ${c.state}`}>{t(`channel.${c.state}` as TextKey)}</span>
                {c.since !== undefined && (
                  <>
                    {" "}
                    <At at={c.since} />
                  </>
                )}
                {c.error && (
                  <span class="quiet-text channel-error">
                    {textIfKnown(language, `channel.error.${c.error.code}`) ?? c.error.code}
                  </span>
                )}
              </>
            ),
          },
          { title: t("notifications.last-ok"), of: (c) => (c.lastOkAt === undefined ? "–" : <At at={c.lastOkAt} />) },
          { title: t("notifications.pending"), of: (c) => String(c.pending) },
          ...(tests
            ? [
                {
                  title: t("notify.kind.test"),
                  of: (c: Channel) => (
                    <button
                      type="button"
                      class="button"
                      disabled={acting.disabled}
                      data-testid={`test-${c.id}`}
                      onClick={() => void test(c.id)}
                    >
                      {t("notifications.test")}
                    </button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {sent !== "" && (
        <p class="done" role="status">
          {t("notifications.tested", { channel: sent })}
        </p>
      )}
      <Refusal acting={acting} />
    </Section>
  );
}

function Routes({ now }: { now: State | undefined }) {
  const { t, language } = useWords();
  const nameOf = (to: string) =>
    to.startsWith("role:") ? (textIfKnown(language, `role.${to.slice(5)}`) ?? to) : to.replace(/^account:/, "");
  const rows = now && [
    { id: t("notifications.direct"), to: t("notifications.direct.who"), channels: now.direct, what: "" },
    ...now.routes.map((r) => ({
      id: r.id,
      to: (r.to ?? []).map(nameOf).join(", ") || t("notifications.own-address"),
      channels: r.channels,
      what: [
        r.kinds.map((k) => t(`notify.kind.${k}` as TextKey)).join(", "),
        ...Object.values(r.when ?? {}).map((v) =>
          v.map((x) => textIfKnown(language, `severity.${x}`) ?? textIfKnown(language, `class.${x}`) ?? x).join(", "),
        ),
      ].join(" · "),
    })),
    {
      id: t("notifications.caretakers"),
      to: now.caretakers.map(nameOf).join(", "),
      channels: now.direct,
      what: t("notify.kind.channel-dead"),
    },
  ];
  return (
    <Table
      rows={rows}
      keyOf={(r) => r.id}
      none={t("notices.none")}
      columns={[
        { title: t("notifications.route"), of: (r) => <strong>{r.id}</strong> },
        { title: t("notifications.to"), of: (r) => r.to },
        { title: t("notifications.channel"), of: (r) => <span class="channel-names">{r.channels.join(", ")}</span> },
        { title: t("notifications.what"), of: (r) => r.what },
      ]}
    />
  );
}

function Failures({ rows }: { rows: Failure[] | undefined }) {
  const { t, language } = useWords();
  return (
    <Table
      rows={rows}
      keyOf={(f) => `${f.at} ${f.channel} ${f.receiver} ${f.kind} ${f.incident}`}
      none={t("notifications.failures.none")}
      columns={[
        { title: t("timeline.time"), of: (f) => <At at={f.at} /> },
        {
          title: t("notifications.what"),
          of: (f) => (
            <>
              {t(`notify.kind.${f.kind}` as TextKey)}{" "}
              {f.incident !== "-" && <a href={incidentHref(f.incident)}>{f.incident}</a>}
            </>
          ),
        },
        { title: t("notifications.to"), of: (f) => f.receiver || t("notifications.own-address") },
        { title: t("notifications.channel"), of: (f) => f.channel },
        {
          title: t("notifications.why"),
          of: (f) => (
            <>
              {textIfKnown(language, `channel.error.${f.code}`) ?? f.code}
              {f.detail && <span class="quiet-text channel-error">{f.detail}</span>}
            </>
          ),
        },
      ]}
    />
  );
}

function Contact() {
  const { t } = useWords();
  const known = useFetched(contact);
  return (
    <Section title={t("contact.title")} note={t("contact.how")} testId="contact">
      {known.value && <ContactForm key={JSON.stringify(known.value)} now={known.value.contact} onKept={known.again} />}
    </Section>
  );
}

function ContactForm(props: { now: { mail?: string; language: "vi" | "en" } | undefined; onKept(): void }) {
  const { t } = useWords();
  const acting = useActing();
  const [mail, setMail] = useState(props.now?.mail ?? "");
  const [tongue, setTongue] = useState<string>(props.now?.language ?? "vi");
  async function keep(event: Event) {
    event.preventDefault();
    const body = { language: tongue, ...(mail.trim() === "" ? {} : { mail: mail.trim() }) };
    if ((await acting.run(() => call("POST", "/api/me/contact", body))) !== undefined) props.onKept();
  }
  return (
    <form class="form" onSubmit={keep}>
      <div class="columns">
        <TextField
          label={t("contact.mail")}
          type="email"
          maxLength={254}
          autoComplete="email"
          value={mail}
          onText={setMail}
          data-testid="contact-mail"
        />
        <SelectField
          label={t("contact.language")}
          value={tongue}
          options={[
            { id: "vi", text: "Tiếng Việt" },
            { id: "en", text: "English" },
          ]}
          onPick={setTongue}
        />
      </div>
      <button type="submit" class="button primary" disabled={acting.disabled} data-testid="contact-keep">
        {t("contact.keep")}
      </button>
      <Refusal acting={acting} />
    </form>
  );
}
