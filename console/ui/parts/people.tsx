// What the pages of accounts and of one's own have in common: rows of sessions and tokens, roles in words, what is shown once.
import { useState } from "preact/hooks";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import { call } from "../state/api.ts";
import type { Invitation, Session, Token } from "../state/people.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { nameOf } from "../text/describe.ts";
import { dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { type Acting, AskedButton } from "./form.tsx";
import { At } from "./labels.tsx";
import { type Column, Table } from "./table.tsx";

/** Roles in words, and over which agencies. */
export function Reach({ roles, agencies }: { roles: string[]; agencies: string[] }) {
  const { language, t } = useWords();
  const names = useStore(model, (m) => m?.names) ?? new Map();
  return (
    <>
      {roles.map((r) => textIfKnown(language, `role.${r}`) ?? r).join(", ")}
      <span class="quiet-text">
        {" · "}
        {agencies.length === 0 ? t("people.whole") : agencies.map((a) => nameOf(names, language, a)).join("; ")}
      </span>
    </>
  );
}

/** `path`: where one of them is ended. */
export function Sessions(props: {
  rows: Session[] | undefined;
  path: string;
  whose: boolean;
  ends: boolean;
  acting: Acting;
  onEnded(): void;
}) {
  const { t } = useWords();
  const { acting } = props;
  const end = async (id: string) => {
    if ((await acting.run(() => call("DELETE", `${props.path}/${id}`))) !== undefined) props.onEnded();
  };
  const whose: Column<Session>[] = [{ title: t("people.account"), of: (s) => <strong>{s.account}</strong> }];
  const acts: Column<Session>[] = [
    {
      title: t("form.acts"),
      acts: true,
      of: (s) => (
        <AskedButton label={t("session.end")} testId="session-end" disabled={acting.disabled} onDo={() => end(s.id)} />
      ),
    },
  ];
  return (
    <Table
      rows={props.rows}
      keyOf={(s) => s.id}
      none={t("session.none")}
      testId="sessions"
      columns={[
        ...(props.whose ? whose : []),
        { title: t("session.method"), of: (s) => t(`session.method.${s.method}`) },
        { title: t("session.address"), of: (s) => <code>{s.address}</code> },
        { title: t("session.since"), of: (s) => <At at={s.createdAt} /> },
        { title: t("session.until"), of: (s) => <At at={s.expiresAt} /> },
        ...(props.ends ? acts : []),
      ]}
    />
  );
}

export function Tokens(props: {
  rows: Token[] | undefined;
  path: string;
  whose: boolean;
  revokes: boolean;
  acting: Acting;
  onRevoked(): void;
}) {
  const { t } = useWords();
  const { acting } = props;
  const revoke = async (id: string) => {
    if ((await acting.run(() => call("DELETE", `${props.path}/${id}`))) !== undefined) props.onRevoked();
  };
  const whose: Column<Token>[] = [{ title: t("people.account"), of: (x) => <strong>{x.account}</strong> }];
  const acts: Column<Token>[] = [
    {
      title: t("form.acts"),
      acts: true,
      of: (x) => (
        <AskedButton
          label={t("token.revoke")}
          testId="token-revoke"
          disabled={acting.disabled}
          onDo={() => revoke(x.id)}
        />
      ),
    },
  ];
  return (
    <Table
      rows={props.rows}
      keyOf={(x) => x.id}
      none={t("token.none")}
      testId="tokens"
      columns={[
        ...(props.whose ? whose : []),
        { title: t("token.label"), of: (x) => x.label },
        { title: t("token.reach"), of: (x) => <Reach roles={x.roles} agencies={x.agencies} /> },
        { title: t("token.until"), of: (x) => <At at={x.expiresAt} /> },
        { title: t("token.used"), of: (x) => (x.usedAt === undefined ? t("token.never") : <At at={x.usedAt} />) },
        ...(props.revokes ? acts : []),
      ]}
    />
  );
}

/** A secret that is shown once: what it is for, itself, and how to be rid of it. */
export function Once(props: { title: string; how: string; secret: string; testId: string; onKept(): void }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  // A page that was not served over TLS or from this machine may not copy.
  const copies = isSecureContext && "clipboard" in navigator;
  return (
    <div class="once" role="status">
      <h4>{props.title}</h4>
      <p>{props.how}</p>
      <code class="secret" data-testid={props.testId}>
        {props.secret}
      </code>
      <div class="row">
        {copies && (
          <button
            type="button"
            class="button"
            onClick={() => void navigator.clipboard.writeText(props.secret).then(() => setCopied(true))}
          >
            {t(copied ? "once.copied" : "once.copy")}
          </button>
        )}
        <button type="button" class="button" onClick={props.onKept}>
          {t("once.kept")}
        </button>
      </div>
    </div>
  );
}

export function InvitationOnce(props: { name: string; invitation: Invitation; onKept(): void }) {
  const { t } = useWords();
  const { name, invitation } = props;
  return (
    <Once
      title={t("account.invited", { name })}
      how={t("account.invited.how", { until: dateTime(invitation.expiresAt) })}
      secret={invitation.code}
      testId="invitation"
      onKept={props.onKept}
    />
  );
}
