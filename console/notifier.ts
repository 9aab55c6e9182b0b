// Puts the stage of notifications before the record: its tables, the rules in force, people, what each may know of an incident.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { Incident } from "../protocol/index.ts";
import type { Notifications } from "./api/ports.ts";
import type { ConsoleConfig } from "./config.ts";
import type { Desk } from "./incidents/desk.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { openChannel } from "./notify/channels/index.ts";
import { type Heartbeat, startHeartbeat } from "./notify/heartbeat.ts";
import { createNotifier, type Notifier } from "./notify/notifier.ts";
import { type NotifyRules, readRules } from "./notify/policy.ts";
import type { Person } from "./notify/ports.ts";
import { type Provisioned, shippedWith } from "./notify/provisioned.ts";
import { readSecret } from "./notify/secrets.ts";
import { type AddressPolicy, urlFault } from "./outbound/address.ts";
import { guardedLookup } from "./outbound/connect.ts";
import { OPERATOR, OPERATOR_ROLES, type Role } from "./people/roles.ts";
import type { Scope } from "./people/scope.ts";
import { messageOf, Problem } from "./problem.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** The document's name among the province's rules. */
const RULES = "notifications";

/** What ships, and who judges a new version and reads the one that is kept. */
export function notifyRules(addresses: AddressPolicy, provisioned: Provisioned = { channels: [] }) {
  const text = readFileSync(join(import.meta.dirname, "notify", "data", "notifications.yaml"), "utf8");
  const fault = (url: string) => urlFault(url, addresses);
  return {
    name: RULES,
    shipped: shippedWith(text, provisioned),
    read: (text: string) => readRules(text, fault, { provisioned }),
    readKept: (text: string) => readRules(text, fault, { provisioned, kept: true }),
  };
}

export interface NotifierSources {
  config: Pick<ConsoleConfig, "dataDir" | "secretsDir" | "outbound" | "screen" | "notify">;
  store: Store;
  view: Pick<View, "registry">;
  desk: Pick<Desk, "policies">;
  /** An incident with its work, as one scope may know it. */
  incident(account: string, scope: Scope, id: string): Incident | undefined;
  nudge(account: string): void;
  ready(): string | undefined;
  metrics: Metrics;
  log: Logger;
  now(): number;
}

export interface RunningNotifier extends Notifier {
  beat: Heartbeat;
  rules(): NotifyRules;
}

export function notifierOver(s: NotifierSources): RunningNotifier {
  const { config, store, view, desk, metrics, log } = s;
  const addresses = addressPolicyOf(config);
  const folder = config.secretsDir ?? process.env["CREDENTIALS_DIRECTORY"] ?? join(config.dataDir, "secrets");
  const rules = () => desk.policies.other(RULES) as NotifyRules;
  // What people put may name a channel that province.yaml has no longer, or an address that may no longer be reached.
  const judged = notifyRules(addresses, config.notify).read(desk.policies.get(RULES)?.text ?? "");
  if (!judged.ok) log.warn({ event: "notification-rules-reduced", detail: judged.detail });
  const reach = {
    secret: (name: string) => readSecret(folder, name),
    lookup: guardedLookup(addresses),
    addresses,
    roots: rootsOf(config),
    now: s.now,
  };
  const notifier = createNotifier({
    deliveries: store.deliveries,
    contacts: store.contacts,
    health: store.channelHealth,
    intents: store.outbox,
    transaction: store.transaction,
    rules,
    people: () => peopleOf(store),
    registry: () => view.registry,
    incident: s.incident,
    concerned: store.scoped.concerned,
    open: (rule) => openChannel(rule, { ...reach, nudge: s.nudge }),
    screenUrl: config.screen.url,
    now: s.now,
    onTried: (channel, result) => metrics.notificationTries.inc({ channel, result }),
    onSent: (channel) => metrics.notificationsSent.inc({ channel }),
    onFailed(channel, code) {
      metrics.notificationsFailed.inc({ channel, code });
      log.warn({ event: "notification-failed", channel, why: code });
    },
    onLeft(intent, receiver, why) {
      metrics.notificationsLeft.inc({ why });
      log.warn({ event: "notification-left", kind: intent.kind, incident: intent.incident, receiver, why });
    },
    onError: (error) => log.error({ problem: "notifications-failed", detail: messageOf(error) }),
  });
  metrics.watchNotifications(() => ({ now: s.now(), channels: notifier.status() }));
  const beat = startHeartbeat({
    ...reach,
    rules: () => rules().heartbeat,
    ready: s.ready,
    onBeat: (result) => metrics.heartbeats.inc({ result }),
    log,
    url: config.screen.url,
  });
  return { ...notifier, beat, rules };
}

/** Which private networks may be reached is for whoever holds the machine to say, not for the document that people edit. */
export const addressPolicyOf = ({ outbound }: Pick<ConsoleConfig, "outbound">): AddressPolicy => ({
  allow: outbound?.allow ?? [],
});

function rootsOf({ outbound }: Pick<ConsoleConfig, "outbound">): string[] {
  if (outbound?.rootsFile === undefined) return [...rootCertificates];
  try {
    return [...rootCertificates, readFileSync(outbound.rootsFile, "utf8")];
  } catch (error) {
    const remedy = "Correct outbound.rootsFile in console.json, or take it out.";
    throw new Problem("roots-unreadable", outbound.rootsFile, messageOf(error), remedy, error);
  }
}

/** Whoever may come in, and the operator of this machine. */
export function peopleOf(store: Pick<Store, "accounts">): Person[] {
  const operator: Person = { account: OPERATOR, roles: OPERATOR_ROLES, scope: undefined };
  const active = store.accounts.list().filter((a) => a.state === "active");
  return [
    operator,
    ...active.map(
      (a): Person => ({
        account: a.name,
        roles: a.roles as Role[],
        scope: a.agencies.length === 0 ? undefined : new Set(a.agencies),
      }),
    ),
  ];
}

/** As the API asks for it. */
export function notificationsDoor(
  notifier: Notifier & { rules(): NotifyRules },
  store: Pick<Store, "contacts">,
): Notifications {
  return {
    state: () => {
      const { routes, direct, caretakers, quiet } = notifier.rules();
      return {
        channels: notifier.status(),
        direct,
        routes,
        caretakers,
        ...(quiet ? { quiet } : {}),
        failures: notifier.lastFailures(50).map((d) => ({
          at: d.createdAt,
          kind: d.intent.kind,
          incident: d.intent.incident,
          channel: d.channel,
          receiver: d.receiver,
          attempts: d.attempts,
          code: d.error?.code ?? "",
          detail: d.error?.detail ?? "",
        })),
      };
    },
    test: notifier.test,
    notices: (account, language) => notifier.notices(account, 50, language),
    seen: notifier.seen,
    contact: store.contacts.get,
    contacts: store.contacts.all,
    setContact: store.contacts.set,
    removeContact: store.contacts.remove,
  };
}
