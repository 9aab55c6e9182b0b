// Accounts of people, their sessions and tokens: an administrator's page, which an auditor reads.
import { useMemo, useState } from "preact/hooks";
import { textIfKnown } from "../../../protocol/locales/index.ts";
import {
  type Acting,
  AskedButton,
  ChoiceField,
  Page,
  Refusal,
  Section,
  SelectField,
  TextField,
  useActing,
} from "../parts/form.tsx";
import { InvitationOnce, Reach, Sessions, Tokens } from "../parts/people.tsx";
import { Table } from "../parts/table.tsx";
import { call } from "../state/api.ts";
import { everyItem, useFetched } from "../state/fetched.ts";
import { type Account, type Invitation, ROLES, type Session, type Token } from "../state/people.ts";
import { may, model, refreshMe, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";

const accounts = () => everyItem<Account>("/api/accounts");
const tokens = () => everyItem<Token>("/api/tokens");
const sessions = async () => {
  const answer = await call<{ items: Session[] }>("GET", "/api/sessions");
  return answer.ok ? { ok: true as const, value: answer.value.items } : answer;
};

export function People() {
  const { t } = useWords();
  const manages = useStore(session, may("people.manage"));
  const acting = useActing();
  const people = useFetched(accounts);
  const open = useFetched(sessions);
  const keys = useFetched(tokens);
  const all = () => {
    people.again();
    open.again();
    keys.again();
  };
  return (
    <Page title={t("page.people")} purpose={t("people.purpose")}>
      {manages && <NewAccount onMade={people.again} />}
      <Section title={t("people.accounts")}>
        <Accounts rows={people.value} manages={manages} acting={acting} onChanged={all} />
        <Refusal acting={acting} />
      </Section>
      <Section title={t("people.sessions")}>
        <Sessions rows={open.value} path="/api/sessions" whose ends={manages} acting={acting} onEnded={open.again} />
      </Section>
      <Section title={t("people.tokens")}>
        <Tokens rows={keys.value} path="/api/tokens" whose revokes={manages} acting={acting} onRevoked={keys.again} />
      </Section>
    </Page>
  );
}

/** Roles and agencies, as a form has them. */
function Rights(props: {
  roles: string[];
  agencies: string[];
  onRoles(r: string[]): void;
  onAgencies(a: string[]): void;
}) {
  const { language, t, name } = useWords();
  const known = useStore(model, (m) => m?.agencies);
  const agencies = useMemo(
    () => [...(known?.values() ?? [])].map((a) => ({ id: a.id, text: name(a.name) })),
    [known, language],
  );
  const roles = ROLES.map((id) => ({
    id,
    text: `${t(`role.${id}`)}: ${textIfKnown(language, `role.${id}.may`) ?? ""}`,
  }));
  return (
    <>
      <ChoiceField label={t("account.roles")} chosen={props.roles} options={roles} onChoose={props.onRoles} />
      <ChoiceField
        label={t("account.agencies")}
        hint={t(props.roles.includes("agency-it") ? "account.agencies.must" : "account.agencies.how")}
        chosen={props.agencies}
        options={agencies}
        onChoose={props.onAgencies}
      />
    </>
  );
}

/** Makes an account; its owner gets the invitation. `first`: which roles stand ticked, for the set-up. */
export function NewAccount({ onMade, first = [] }: { onMade(): void; first?: string[] }) {
  const { t } = useWords();
  const acting = useActing();
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [roles, setRoles] = useState<string[]>(first);
  const [agencies, setAgencies] = useState<string[]>([]);
  const [made, setMade] = useState<{ name: string; invitation: Invitation }>();
  async function make(event: Event) {
    event.preventDefault();
    const body = { name: name.trim(), display: display.trim(), roles, agencies };
    const answer = await acting.run(() => call<{ invitation: Invitation }>("POST", "/api/accounts", body));
    if (!answer) return;
    setMade({ name: body.name, invitation: answer.invitation });
    setName("");
    setDisplay("");
    setRoles([]);
    setAgencies([]);
    void refreshMe();
    onMade();
  }
  return (
    <Section title={t("account.new")} testId="new-account">
      {made && <InvitationOnce {...made} onKept={() => setMade(undefined)} />}
      <form class="form" onSubmit={make}>
        <div class="columns">
          <TextField
            label={t("account.name")}
            hint={t("account.name.how")}
            required
            pattern="[a-z][a-z0-9._\-]{1,62}"
            autoCapitalize="none"
            autoComplete="off"
            spellcheck={false}
            value={name}
            onText={setName}
            data-testid="account-name"
          />
          <TextField
            label={t("account.display")}
            required
            maxLength={120}
            autoComplete="off"
            value={display}
            onText={setDisplay}
            data-testid="account-display"
          />
        </div>
        <Rights roles={roles} agencies={agencies} onRoles={setRoles} onAgencies={setAgencies} />
        <button
          type="submit"
          class="button primary"
          data-testid="account-make"
          disabled={acting.disabled || name.trim() === "" || display.trim() === "" || roles.length === 0}
        >
          {t("account.make")}
        </button>
        <Refusal acting={acting} />
      </form>
    </Section>
  );
}

function Accounts(props: { rows: Account[] | undefined; manages: boolean; acting: Acting; onChanged(): void }) {
  const { t } = useWords();
  const acts = {
    title: t("form.acts"),
    acts: true as const,
    of: (a: Account) => <AccountActs account={a} acting={props.acting} onChanged={props.onChanged} />,
  };
  return (
    <Table
      rows={props.rows}
      keyOf={(a) => a.name}
      none={t("account.none")}
      testId="accounts"
      columns={[
        {
          title: t("people.account"),
          of: (a) => (
            <>
              <strong>{a.name}</strong> <span class="quiet-text">{a.display}</span>
            </>
          ),
        },
        { title: t("account.roles"), of: (a) => <Reach roles={a.roles} agencies={a.agencies} /> },
        {
          title: t("account.state"),
          of: (a) => <span class={`label account-${a.state}`}>{t(`account.state.${a.state}`)}</span>,
        },
        {
          title: t("account.factor"),
          of: (a) =>
            t(
              a.subject !== undefined
                ? "account.factor.provider"
                : a.hasSecondFactor
                  ? "account.factor.set"
                  : "account.factor.none",
            ),
        },
        ...(props.manages ? [acts] : []),
      ]}
    />
  );
}

function AccountActs({ account, acting, onChanged }: { account: Account; acting: Acting; onChanged(): void }) {
  const { t } = useWords();
  const [editing, setEditing] = useState(false);
  const [invitation, setInvitation] = useState<Invitation>();
  const path = `/api/accounts/${account.uid}`;
  const invite = async () => setInvitation(await acting.run(() => call<Invitation>("POST", `${path}/invitation`, {})));
  const erase = async () => {
    if ((await acting.run(() => call("POST", `${path}/erase`, {}))) !== undefined) onChanged();
  };
  if (editing)
    return (
      <EditAccount
        account={account}
        acting={acting}
        onDone={(changed) => {
          setEditing(false);
          if (changed) onChanged();
        }}
      />
    );
  return (
    <>
      {invitation && (
        <InvitationOnce name={account.name} invitation={invitation} onKept={() => setInvitation(undefined)} />
      )}
      <div class="row">
        <button
          type="button"
          class="button"
          data-testid="account-edit"
          disabled={acting.disabled}
          onClick={() => setEditing(true)}
        >
          {t("account.edit")}
        </button>
        {account.state === "active" && account.subject === undefined && (
          <AskedButton label={t("account.invite")} testId="account-invite" disabled={acting.disabled} onDo={invite} />
        )}
        <AskedButton label={t("account.erase")} testId="account-erase" disabled={acting.disabled} onDo={erase} />
      </div>
    </>
  );
}

function EditAccount({
  account,
  acting,
  onDone,
}: {
  account: Account;
  acting: Acting;
  onDone(changed: boolean): void;
}) {
  const { t } = useWords();
  const [display, setDisplay] = useState(account.display);
  const [roles, setRoles] = useState(account.roles);
  const [agencies, setAgencies] = useState(account.agencies);
  const [state, setState] = useState<string>(account.state);
  async function save(event: Event) {
    event.preventDefault();
    const changed = {
      ...(display === account.display ? {} : { display }),
      ...(String(roles) === String(account.roles) ? {} : { roles }),
      ...(String(agencies) === String(account.agencies) ? {} : { agencies }),
      ...(state === account.state ? {} : { state }),
    };
    const done = await acting.run(() => call("PATCH", `/api/accounts/${account.uid}`, changed));
    if (done !== undefined) onDone(true);
  }
  return (
    <form class="form" onSubmit={save} data-testid="edit-account">
      <div class="columns">
        <TextField label={t("account.display")} required maxLength={120} value={display} onText={setDisplay} />
        <SelectField
          label={t("account.state")}
          hint={t("account.state.how")}
          value={state}
          testId="account-state"
          options={(["active", "disabled", "sealed"] as const).map((id) => ({ id, text: t(`account.state.${id}`) }))}
          onPick={setState}
        />
      </div>
      <Rights roles={roles} agencies={agencies} onRoles={setRoles} onAgencies={setAgencies} />
      <p class="quiet-text">{t("account.edit.ends")}</p>
      <div class="row">
        <button
          type="submit"
          class="button primary"
          data-testid="account-save"
          disabled={acting.disabled || roles.length === 0}
        >
          {t("form.save")}
        </button>
        <button type="button" class="button" onClick={() => onDone(false)}>
          {t("form.cancel")}
        </button>
      </div>
    </form>
  );
}
