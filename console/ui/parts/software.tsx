// What runs at the agents: versions, the release that is offered and how far it has got, what became of releases and names; and the
// commands that bring a new agent in. Shows; changes nothing.
import type { AgentSoftware } from "../../../protocol/software.ts";
import { useWords } from "../text/use.tsx";
import { Section } from "./form.tsx";
import { At } from "./labels.tsx";
import { Table } from "./table.tsx";

export function SoftwareSection({ software }: { software: AgentSoftware | undefined }) {
  const { t } = useWords();
  if (!software) return <Section title={t("software.title")}>{<p class="quiet-text">{t("app.loading")}</p>}</Section>;
  const { heard, offer, news } = software;
  const versions = [...Map.groupBy(heard, (h) => h.version)].sort(([a], [b]) => (a < b ? 1 : -1));
  return (
    <Section title={t("software.title")} note={t("software.how")}>
      <dl class="facts" data-testid="software">
        <div>
          <dt>{t("software.offer")}</dt>
          <dd>{offer ? t("software.offered", { ...offer }) : t("software.offer.none")}</dd>
        </div>
        <div>
          <dt>{t("software.versions")}</dt>
          <dd>
            {versions
              .map(([version, agents]) => t("software.version", { version, count: agents.length }))
              .join(" · ") || t("software.versions.none")}
          </dd>
        </div>
      </dl>
      <Table
        rows={news}
        keyOf={(n) => `${n.at} ${n.agent} ${n.act}`}
        none={t("software.news.none")}
        testId="software-news"
        columns={[
          { title: t("timeline.time"), of: (n) => <At at={n.at} /> },
          { title: t("agents.agent"), of: (n) => <strong>{n.agent}</strong> },
          { title: t("software.what"), of: (n) => t(`software.act.${n.act}`) },
          {
            title: t("software.more"),
            of: ({ detail }) => [detail.version, detail.serial, detail.code, detail.from].filter(Boolean).join(" · "),
          },
        ]}
      />
    </Section>
  );
}

const COMMANDS = [
  ["package", "sudo npx vonggac agent package DIR"],
  ["sign", "npx vonggac agent sign DIR --key release.key --passphrase-file FILE"],
  ["command", "sudo npx vonggac agent install-command DIR AGENT --token-out FILE"],
] as const;

/** How an agent comes to a host: at the machine where the province is planned, never by this console, which holds no key for it. */
export function BringIn() {
  const { t } = useWords();
  return (
    <Section title={t("software.bring")} note={t("software.bring.how")}>
      <ol class="commands">
        {COMMANDS.map(([id, command]) => (
          <li key={id}>
            {t(`software.bring.${id}`)}
            <code>{command}</code>
          </li>
        ))}
      </ol>
    </Section>
  );
}
