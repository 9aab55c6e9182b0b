// The configuration files of our own three programs (docs/architecture.md, Configuration files of our own programs). Pure.
import type { Plan } from "../plan/types.ts";
import { serverOf } from "../plan/zones.ts";
import type { Intent, NotifyIntent, ProviderIntent } from "../province/schema.ts";
import { perPlan } from "./per-plan.ts";

/** Paths of our own files, as the daemons see them. */
export const OURS = {
  node: "/opt/vonggac/node_modules/node/bin/node",
  compileCache: "/opt/vonggac/setup/compile-cache.mjs",
  agent: { main: "/opt/vonggac/agent/main.ts", config: "/run/vonggac/agent.json", state: "/run/vonggac/agent" },
  console: {
    main: "/opt/vonggac/console/main.ts",
    config: "/run/vonggac/console.json",
    record: "/run/vonggac/record",
    /** Beside the record, because that is kept. */
    releases: "/run/vonggac/record/releases",
    certificate: "/run/vonggac/gateway.crt",
    key: "/run/vonggac/gateway.key",
    adminSocket: "/run/vonggac/console-admin.sock",
    providerSecret: "/run/vonggac/provider-secret",
    /** A folder: a file a secret of a channel. */
    secrets: "/run/vonggac/secrets",
    roots: "/run/vonggac/channel-roots.pem",
  },
  ca: {
    main: "/opt/vonggac/console/enrol-ca/main.ts",
    config: "/run/vonggac/ca.json",
    socket: "/run/vonggac/ca/enrol.sock",
    certificate: "/run/vonggac/enrolment-ca.crt",
    key: "/run/vonggac/enrolment-ca.key",
    tokens: "/run/vonggac/tokens.json",
    state: "/run/vonggac/ca-state",
  },
  roots: "/run/vonggac/roots.pem",
  configKey: "/run/vonggac/config-key.pem",
  token: "/run/vonggac/agent-token",
  auditKey: "/run/vonggac/audit-key",
  registry: "/run/vonggac/registry.json",
  assignments: "/run/vonggac/assignments.json",
} as const;

const GATEWAY_PORT = 8443;
const METRICS = { agent: 9464, console: 9465 };
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Does this agent audit a zone, and so read it whole? */
export const isAuditor = (plan: Plan, agent: string): boolean => auditors(plan, "all").has(agent);
const auditors = perPlan(
  ({ registry }: Plan, _: "all") =>
    new Set(registry.targets.flatMap((target) => (target.kind === "zone-audit" ? [target.agent] : []))),
);

/** agent.json: the console is known by its address, so that an agent needs no resolver to report that there is none. */
export function agentConfig(plan: Plan, agent: string): string {
  const address = serverOf(plan.hosts, "console").server!.address.v6;
  return json({
    agent,
    console: {
      url: `wss://[${address}]:${GATEWAY_PORT}/agent`,
      enrol: `https://[${address}]:${GATEWAY_PORT}/enrol`,
      serverName: plan.names.console,
    },
    rootsFile: OURS.roots,
    configKeyFile: OURS.configKey,
    tokenFile: OURS.token,
    ...(isAuditor(plan, agent) && { transferKeyFile: OURS.auditKey }),
    stateDir: OURS.agent.state,
    metrics: { host: "127.0.0.1", port: METRICS.agent },
    outboxItems: 100_000,
    logLevel: "info",
  });
}

/** What console.json says of channels: they themselves, where their secrets lie, what they may reach. */
const channels = ({ mail = [], webhooks = [], heartbeat, reach, roots }: NotifyIntent) => ({
  notify: {
    channels: [...mail.map((c) => ({ kind: "mail", ...c })), ...webhooks.map((c) => ({ kind: "webhook", ...c }))],
    ...(heartbeat && { heartbeat }),
  },
  secretsDir: OURS.console.secrets,
  outbound: { allow: reach ?? [], ...(roots !== undefined && { rootsFile: OURS.console.roots }) },
});

/** console.json; `screenUrl` is where the operator's browser finds the screen. */
export const consoleConfig = (
  screenUrl: string,
  { notify, enrolment, retention }: Pick<Intent, "notify" | "enrolment" | "retention">,
  provider?: ProviderIntent,
): string =>
  json({
    gateway: {
      host: "::",
      port: GATEWAY_PORT,
      certFile: OURS.console.certificate,
      keyFile: OURS.console.key,
      clientRootsFile: OURS.ca.certificate,
    },
    screen: { fd: 3, url: screenUrl },
    adminSocket: OURS.console.adminSocket,
    enrolSocket: OURS.ca.socket,
    registryFile: OURS.registry,
    assignmentsFile: OURS.assignments,
    dataDir: OURS.console.record,
    ...(provider && { provider: { ...provider, clientSecretFile: OURS.console.providerSecret } }),
    ...(enrolment && { enrolment }),
    ...(retention && { retention }),
    ...(notify && channels(notify)),
    releasesDir: OURS.console.releases,
    metrics: { host: "127.0.0.1", port: METRICS.console },
    timing: { beatMs: 2_000, silentAfterMs: 6_000, settleMs: 600, recoverMs: 3_000 },
    logLevel: "info",
  });

/** ca.json: an agent's certificate is good for as long as a quarter. */
export const caConfig = (): string =>
  json({
    socket: OURS.ca.socket,
    caCertFile: OURS.ca.certificate,
    caKeyFile: OURS.ca.key,
    tokensFile: OURS.ca.tokens,
    stateDir: OURS.ca.state,
    days: 90,
  });
