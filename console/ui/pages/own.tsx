// One's own: the sessions that are open in one's name, and the tokens that programs use for one.
import { useState } from "preact/hooks";
import { AskedButton, ChoiceField, Page, Refusal, Section, SelectField, TextField, useActing } from "../parts/form.tsx";
import { At } from "../parts/labels.tsx";
import { Once, Reach, Sessions, Tokens } from "../parts/people.tsx";
import { Table } from "../parts/table.tsx";
import { call, makePasskey } from "../state/api.ts";
import { consoleNow } from "../state/clock.ts";
import { useFetched } from "../state/fetched.ts";
import { devicesReachable } from "../state/passkey.ts";
import type { Passkey, Session, Token } from "../state/people.ts";
import { may, model, refreshMe, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";

const itemsOf =
  <T,>(path: string) =>
  async () => {
    const answer = await call<{ items: T[] }>("GET", path);
    return answer.ok ? { ok: true as const, value: answer.value.items } : answer;
  };
const mySessions = itemsOf<Session>("/api/me/sessions");
const myPasskeys = itemsOf<Passkey>("/api/me/passkeys");
const myTokens = itemsOf<Token>("/api/me/tokens");

export function Own() {
  const { t } = useWords();
  const me = useStore(session, (s) => (s.phase === "signed-in" ? s.me : undefined));
  const makesTokens = useStore(session, may("token.own"));
  const acting = useActing();
  const open = useFetched(mySessions);
  const keys = useFetched(myTokens);
  if (!me) return null;
  return (
    <Page title={t("page.own")}>
      <Section title={me.account}>
        <p>
          <Reach roles={me.roles} agencies={me.agencies ?? []} />
        </p>
      </Section>
      <Section title={t("own.sessions")} note={t("own.sessions.how")}>
        <Sessions rows={open.value} path="/api/me/sessions" whose={false} ends acting={acting} onEnded={open.again} />
        <Refusal acting={acting} />
      </Section>
      {me.account !== "operator" && <Passkeys />}
      {makesTokens && (
        <Section title={t("own.tokens")} note={t("own.tokens.how")}>
          <NewToken roles={me.roles} agencies={me.agencies} onMade={keys.again} />
          <Tokens
            rows={keys.value}
            path="/api/me/tokens"
            whose={false}
            revokes
            acting={acting}
            onRevoked={keys.again}
          />
        </Section>
      )}
    </Page>
  );
}

function Passkeys() {
  const { t } = useWords();
  const acting = useActing();
  const keys = useFetched(myPasskeys);
  const [label, setLabel] = useState("");
  const changed = () => {
    keys.again();
    void refreshMe();
  };
  async function make(event: Event) {
    event.preventDefault();
    if ((await acting.run(() => makePasskey(label.trim()))) === undefined) return;
    setLabel("");
    changed();
  }
  const drop = async (id: string) => {
    if ((await acting.run(() => call("DELETE", `/api/me/passkeys/${id}`))) !== undefined) changed();
  };
  return (
    <Section title={t("own.passkeys")} note={t("own.passkeys.how")} testId="passkeys">
      <Table
        rows={keys.value}
        keyOf={(k) => k.id}
        none={t("passkey.none")}
        columns={[
          { title: t("token.label"), of: (k) => k.label },
          { title: t("session.since"), of: (k) => <At at={k.createdAt} /> },
          { title: t("token.used"), of: (k) => (k.usedAt === undefined ? t("token.never") : <At at={k.usedAt} />) },
          {
            title: t("form.acts"),
            acts: true,
            of: (k) => (
              <AskedButton
                label={t("passkey.drop")}
                testId="passkey-drop"
                disabled={acting.disabled}
                onDo={() => drop(k.id)}
              />
            ),
          },
        ]}
      />
      {devicesReachable() ? (
        <form class="form" onSubmit={make}>
          <TextField
            label={t("passkey.label")}
            required
            maxLength={80}
            value={label}
            onText={setLabel}
            data-testid="passkey-label"
          />
          <button
            type="submit"
            class="button"
            data-testid="passkey-make"
            disabled={acting.disabled || label.trim() === ""}
          >
            {t("passkey.make")}
          </button>
        </form>
      ) : (
        <p class="quiet-text">{t("passkey.unreachable")}</p>
      )}
      <Refusal acting={acting} />
    </Section>
  );
}

const DAY_MS = 86_400_000;
const LIVES = [1, 7, 30, 90, 365] as const;
/** The console refuses what lives longer than this from the moment at which it looks: a minute's margin for the way there. */
const MARGIN_MS = 60_000;

function NewToken({ roles, agencies, onMade }: { roles: string[]; agencies: string[] | null; onMade(): void }) {
  const { t, name } = useWords();
  const acting = useActing();
  const known = useStore(model, (m) => m?.agencies);
  const [label, setLabel] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [limit, setLimit] = useState<string[]>([]);
  const [days, setDays] = useState("30");
  const [made, setMade] = useState<{ secret: string; until: number }>();
  const within = [...(known?.values() ?? [])].filter((a) => agencies === null || agencies.includes(a.id));
  const expiresAt = () => consoleNow() + Number(days) * DAY_MS - MARGIN_MS;
  async function make(event: Event) {
    event.preventDefault();
    const body = { label: label.trim(), roles: chosen, agencies: limit, expiresAt: expiresAt() };
    const answer = await acting.run(() => call<{ secret: string }>("POST", "/api/me/tokens", body));
    if (!answer) return;
    setMade({ secret: answer.secret, until: body.expiresAt });
    setLabel("");
    setChosen([]);
    setLimit([]);
    onMade();
  }
  return (
    <form class="form" onSubmit={make} data-testid="new-token">
      {made && (
        <Once
          title={t("token.made")}
          how={t("token.made.how", { until: dateTime(made.until) })}
          secret={made.secret}
          testId="token-secret"
          onKept={() => setMade(undefined)}
        />
      )}
      <div class="columns">
        <TextField
          label={t("token.label")}
          hint={t("token.label.how")}
          required
          maxLength={80}
          autoComplete="off"
          value={label}
          onText={setLabel}
          data-testid="token-label"
        />
        <SelectField
          label={t("token.lives")}
          hint={t("token.lives.until", { until: dateTime(expiresAt()) })}
          value={days}
          options={LIVES.map((n) => ({ id: String(n), text: t("token.days", { n }) }))}
          onPick={setDays}
        />
      </div>
      <ChoiceField
        label={t("token.roles")}
        hint={t("token.roles.how")}
        chosen={chosen}
        options={roles.map((id) => ({ id, text: t(`role.${id}` as "role.engineer") }))}
        onChoose={setChosen}
      />
      <ChoiceField
        label={t("account.agencies")}
        hint={t("token.agencies.how")}
        chosen={limit}
        options={within.map((a) => ({ id: a.id, text: name(a.name) }))}
        onChoose={setLimit}
      />
      <button
        type="submit"
        class="button primary"
        data-testid="token-make"
        disabled={acting.disabled || label.trim() === "" || chosen.length === 0}
      >
        {t("token.make")}
      </button>
      <Refusal acting={acting} />
    </form>
  );
}
