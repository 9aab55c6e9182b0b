// Our own programs: agents, console, enrolment CA, each with an account of its own. Pure.
import type { Registry } from "../../protocol/registry.ts";
import { registryText } from "../plan/registry.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";
import { agentConfig, caConfig, consoleConfig, isAuditor, OURS } from "../render/index.ts";
import { channelSecret, PROVIDER_SECRET, tokenSecret } from "../vault/index.ts";
import type { Materials } from "./facts.ts";
import { directory, type Part, paths, secret, text } from "./part.ts";

const AGENT = "vonggac-agent";
const CONSOLE = "vonggac-console";
const CA = "vonggac-ca";
const FOLDER = "/run/vonggac";

const program = (main: string, config: string): string[] => [
  OURS.node,
  "--import",
  OURS.compileCache,
  main,
  "--config",
  config,
];

/** An agent. Its token is no reason to start it again: once enrolled it needs none. */
export function agentPart(plan: Plan, host: PlannedHost, m: Materials): Part {
  const files = [
    text(OURS.agent.config, agentConfig(plan, host.id)),
    text(OURS.roots, m.pki.root),
    text(OURS.configKey, m.configKey),
  ];
  // The key with which it reads the zone that it audits; it is looked at at each run.
  const audit = isAuditor(plan, host.id) ? [secret(m, OURS.auditKey, m.auditSecret, `${AGENT}:${AGENT}`)] : [];
  return {
    directories: [directory(FOLDER), directory(OURS.agent.state, "0700", `${AGENT}:${AGENT}`)],
    files: [...files, ...audit, secret(m, OURS.token, tokenSecret(host.id), `${AGENT}:${AGENT}`)],
    daemons: [
      {
        name: "agent",
        argv: program(OURS.agent.main, OURS.agent.config),
        user: AGENT,
        // Logs that it reads are readable by Debian's group for logs.
        ...((host.server?.task === "bastion" || host.role === "border") && { groups: ["adm"] }),
        restart: "always",
        files: paths(files),
        log: "/var/log/vonggac/agent.log",
        role: "agent",
      },
    ],
  };
}

/** The console and, as another account, the enrolment CA, whose socket the console's account reaches through its group. */
export function consolePart(registry: Registry, m: Materials): Part {
  const own = [
    text(OURS.console.config, consoleConfig(m.screen.url, m.console, m.provider)),
    text(OURS.console.certificate, m.gateway.chain),
    secret(m, OURS.console.key, m.gateway.keySecret, `${CONSOLE}:${CONSOLE}`),
    text(OURS.ca.certificate, m.pki.enrolment.certificate),
    ...(m.provider ? [secret(m, OURS.console.providerSecret, PROVIDER_SECRET, `${CONSOLE}:${CONSOLE}`)] : []),
  ];
  const { notify, secrets } = m.console;
  if (notify?.roots !== undefined) own.push(text(OURS.console.roots, notify.roots));
  // Read at each use: a new password is no reason to start the console again.
  const channels = secrets.map((name) =>
    secret(m, `${OURS.console.secrets}/${name}`, channelSecret(name), `${CONSOLE}:${CONSOLE}`),
  );
  const authority = [
    text(OURS.ca.config, caConfig()),
    secret(m, OURS.ca.key, m.pki.enrolment.keySecret, `${CA}:${CA}`),
    text(OURS.ca.tokens, jsonLines(m.tokens), "0440", `root:${CA}`),
  ];
  // Watched by the console itself: a change of these reaches running agents without a restart.
  const watched = [
    text(OURS.registry, registryText(registry), "0440", `root:${CONSOLE}`),
    text(OURS.assignments, jsonLines(m.assignments), "0440", `root:${CONSOLE}`),
  ];
  return {
    directories: [
      // Sticky: the console makes its socket here and can move nobody else's file.
      directory(FOLDER, "1775", `root:${CONSOLE}`),
      ...(notify ? [directory(OURS.console.secrets, "0750", `root:${CONSOLE}`)] : []),
      directory("/run/vonggac/ca", "2750", `${CA}:${CONSOLE}`),
      directory(OURS.ca.state, "0700", `${CA}:${CA}`),
    ],
    files: [...own, ...channels, ...authority, ...watched],
    daemons: [
      {
        name: "enrol-ca",
        argv: program(OURS.ca.main, OURS.ca.config),
        user: CA,
        restart: "always",
        files: [...paths(authority), OURS.ca.certificate],
        log: "/var/log/vonggac/enrol-ca.log",
        role: "console",
      },
      {
        name: "console",
        argv: program(OURS.console.main, OURS.console.config),
        user: CONSOLE,
        restart: "always",
        files: paths(own),
        log: "/var/log/vonggac/console.log",
        role: "console",
      },
    ],
  };
}

/** What is kept when the host is gone: the record. */
export const CONSOLE_KEEPS = { [OURS.console.record]: { name: "console", owner: `${CONSOLE}:${CONSOLE}` } };

const jsonLines = (entries: readonly unknown[]): string =>
  `[\n${entries.map((e) => JSON.stringify(e)).join(",\n")}\n]\n`;
