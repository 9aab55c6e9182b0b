// Agents let in and put out: who waits for a person's yes, whom the province's agents are, whose certificates were revoked, and what runs there.
import { useMemo, useState } from "preact/hooks";
import type { AgentStatus } from "../../../protocol/incident.ts";
import type { AgentSoftware, HeardAgent } from "../../../protocol/software.ts";
import { type Acting, AskedButton, Page, Refusal, Section, TextField, useActing } from "../parts/form.tsx";
import { At } from "../parts/labels.tsx";
import { BringIn, SoftwareSection } from "../parts/software.tsx";
import { Table } from "../parts/table.tsx";
import { call } from "../state/api.ts";
import { useFetched } from "../state/fetched.ts";
import { model } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { matches } from "../text/search.ts";
import { useWords } from "../text/use.tsx";

interface Enrolment {
  agent: string;
  keySha256: string;
  askedAt: number;
  address: string;
  state: "waiting" | "approved" | "refused";
  decidedAt?: number;
  account?: string;
}
interface Revocation {
  agent: string;
  at: number;
  account: string;
  reason: string;
}
const listed = async <T,>(path: string) => {
  const answer = await call<{ items: T[] }>("GET", path);
  return answer.ok ? { ok: true as const, value: answer.value.items } : answer;
};
const enrolments = () => listed<Enrolment>("/api/enrolments");
const revocations = () => listed<Revocation>("/api/revocations");
const software = () => call<AgentSoftware>("GET", "/api/software");

export function Agents() {
  const { t } = useWords();
  const acting = useActing();
  const asked = useFetched(enrolments);
  const revoked = useFetched(revocations);
  const running = useFetched(software).value;
  const all = () => {
    asked.again();
    revoked.again();
  };
  return (
    <Page title={t("page.agents")} purpose={t("agents.purpose")}>
      <Section title={t("agents.requests")} note={t("agents.requests.how")}>
        <Requests rows={asked.value} acting={acting} onDecided={all} />
        <Refusal acting={acting} />
      </Section>
      <Enrolled heard={running?.heard} onRevoked={all} />
      <Section title={t("agents.revoked")} note={t("agents.revoked.how")}>
        <Revoked rows={revoked.value} />
      </Section>
      <SoftwareSection software={running} />
      <BringIn />
    </Page>
  );
}

/** 64 hexadecimal digits in groups of eight, as two people read them to each other. */
const Fingerprint = ({ hex }: { hex: string }) => <code class="fingerprint">{hex.match(/.{1,8}/g)?.join(" ")}</code>;

/** An agent and the agency that answers for it. */
function Who({ agent }: { agent: string }) {
  const { name } = useWords();
  const agency = useStore(model, (m) => m?.agencies.get(m.agents.get(agent)?.agency ?? ""));
  return (
    <>
      <strong>{agent}</strong>
      {agency && <div class="quiet-text">{name(agency.name)}</div>}
    </>
  );
}

function Requests(props: { rows: Enrolment[] | undefined; acting: Acting; onDecided(): void }) {
  const { t } = useWords();
  const { acting } = props;
  const decide = async ({ agent, keySha256 }: Enrolment, decision: "approve" | "refuse") => {
    const path = `/api/agents/${encodeURIComponent(agent)}/enrolment`;
    if (await acting.run(() => call("POST", path, { keySha256, decision }))) props.onDecided();
  };
  return (
    <Table
      rows={props.rows}
      keyOf={(e) => `${e.agent} ${e.keySha256}`}
      none={t("agents.requests.none")}
      testId="enrolments"
      columns={[
        { title: t("agents.agent"), of: (e) => <Who agent={e.agent} /> },
        { title: t("agents.key"), of: (e) => <Fingerprint hex={e.keySha256} /> },
        { title: t("agents.from"), of: (e) => <code>{e.address}</code> },
        { title: t("agents.asked"), of: (e) => <At at={e.askedAt} /> },
        {
          title: t("agents.state"),
          of: (e) => (
            <>
              {t(`agents.state.${e.state}`)}
              {e.account && <div class="quiet-text">{e.account}</div>}
            </>
          ),
        },
        {
          title: t("form.acts"),
          acts: true,
          of: (e) =>
            e.state === "waiting" && (
              <div class="row">
                <AskedButton
                  label={t("agents.approve")}
                  testId="enrolment-approve"
                  disabled={acting.disabled}
                  onDo={() => decide(e, "approve")}
                />
                <AskedButton
                  label={t("agents.refuse")}
                  testId="enrolment-refuse"
                  disabled={acting.disabled}
                  onDo={() => decide(e, "refuse")}
                />
              </div>
            ),
        },
      ]}
    />
  );
}

/** All that the plan knows; found by typing, since a province has more than a page holds. */
function Enrolled({ heard, onRevoked }: { heard: HeardAgent[] | undefined; onRevoked(): void }) {
  const { t, name } = useWords();
  const acting = useActing();
  const agents = useStore(model, (m) => m?.agents);
  const agencies = useStore(model, (m) => m?.agencies);
  const [wanted, setWanted] = useState("");
  const versions = useMemo(() => new Map(heard?.map((h) => [h.agent, h.version])), [heard]);
  const found = useMemo(() => {
    const isWanted = ({ agent, agency }: AgentStatus) => {
      const known = agencies?.get(agency)?.name;
      return matches(wanted, [agent, known?.vi ?? "", known?.en ?? ""]);
    };
    return [...(agents?.values() ?? [])].filter(isWanted).sort(byPresence);
  }, [agents, agencies, wanted]);
  const revoke = async (agent: string, reason: string) => {
    const path = `/api/agents/${encodeURIComponent(agent)}/revocation`;
    if (await acting.run(() => call("POST", path, { reason }))) onRevoked();
  };
  return (
    <Section title={t("agents.known", { count: agents?.size ?? 0 })} note={t("agents.known.how")}>
      <TextField
        label={t("agents.find")}
        type="search"
        value={wanted}
        onText={setWanted}
        data-testid="agents-find"
        autoComplete="off"
      />
      <Table
        rows={found.slice(0, SHOWN)}
        keyOf={(a) => a.agent}
        none={t("agents.find.none")}
        testId="agents"
        columns={[
          { title: t("agents.agent"), of: (a) => <strong>{a.agent}</strong> },
          {
            title: t("agents.agency"),
            of: (a) => name(agencies?.get(a.agency)?.name ?? { vi: a.agency, en: a.agency }),
          },
          { title: t("agents.presence"), of: (a) => t(`agents.presence.${a.presence}`) },
          { title: t("agents.since"), of: (a) => <At at={a.since} /> },
          { title: t("agents.version"), of: (a) => versions.get(a.agent) ?? "–" },
          {
            title: t("form.acts"),
            acts: true,
            of: (a) => (
              <AskedButton
                label={t("agents.revoke")}
                ask={t("agents.revoke.why")}
                testId="agent-revoke"
                disabled={acting.disabled}
                onDo={(reason) => revoke(a.agent, reason)}
              />
            ),
          },
        ]}
      />
      {found.length > SHOWN && <p class="quiet-text">{t("agents.more", { count: found.length - SHOWN })}</p>}
      <Refusal acting={acting} />
    </Section>
  );
}
const SHOWN = 12;

/** Those that are not heard first. */
const byPresence = (a: AgentStatus, b: AgentStatus) =>
  Number(a.presence === "live") - Number(b.presence === "live") || (a.agent < b.agent ? -1 : 1);

function Revoked({ rows }: { rows: Revocation[] | undefined }) {
  const { t } = useWords();
  return (
    <Table
      rows={rows}
      keyOf={(r) => r.agent}
      none={t("agents.revoked.none")}
      testId="revocations"
      columns={[
        { title: t("agents.agent"), of: (r) => <Who agent={r.agent} /> },
        { title: t("timeline.time"), of: (r) => <At at={r.at} /> },
        { title: t("agents.by"), of: (r) => r.account },
        { title: t("agents.why"), of: (r) => <span class="written">{r.reason}</span> },
      ]}
    />
  );
}
