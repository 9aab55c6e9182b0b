// The stage of notifications: intents that the incidents' side left in the outbox become deliveries, one a receiver and channel, in the
// transaction that takes them; deliveries are tried until they are told, refused or too old. Rules:
// - What is not yet told stands in the record: after a kill it is told again, under the same id (at least once).
// - A channel at fault holds its own messages and nobody else's; one of them tries it now and then.
// - Quiet hours hold what is not urgent; what comes and goes meanwhile is told once, the last word.
import { createHash } from "node:crypto";
import type { Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import type { Notice } from "../../protocol/notice.ts";
import type { Registry } from "../../protocol/registry.ts";
import { leastLogDays } from "../../protocol/retention.ts";
import type { Scope } from "../people/scope.ts";
import type { Names } from "../words.ts";
import { backoffMs } from "./backoff.ts";
import { afterTry } from "./health.ts";
import { messageOf, type Saying } from "./message.ts";
import { type ChannelRule, keepsQuiet, type NotifyRules } from "./policy.ts";
import type {
  Channel,
  ChannelHealth,
  ChannelHealths,
  Contact,
  Contacts,
  Deliveries,
  Delivery,
  Message,
  Outcome,
  Person,
} from "./ports.ts";
import { isUrgent, quietUntil } from "./quiet.ts";
import { routeIntent, scopeOf } from "./route.ts";

export interface NotifierParts {
  deliveries: Deliveries;
  contacts: Contacts;
  health: ChannelHealths;
  intents: {
    waiting(limit: number): (Intent & { id: number })[];
    taken(id: number, at: number): void;
    add(intent: Intent): boolean;
  };
  transaction<T>(work: () => T): T;
  rules(): NotifyRules;
  people(): Person[];
  registry(): Registry;
  /** The incident as whoever has that scope may know it. */
  incident(account: string, scope: Scope, id: string): Incident | undefined;
  concerned(scope: ReadonlySet<string>, id: string): boolean;
  open(rule: ChannelRule): Channel;
  screenUrl: string;
  now(): number;
  /** A channel was used, by a message, a test or a probe. `result`: `ok`, or the code of why not. */
  onTried(channel: string, result: string): void;
  onSent(channel: string): void;
  onFailed(channel: string, code: string): void;
  /** Somebody was named and could not be told. */
  onLeft(intent: Intent, receiver: string, why: string): void;
  /** Our own mistake, or a record that cannot be written. */
  onError(error: unknown): void;
}

export interface ChannelStatus {
  id: string;
  kind: ChannelRule["kind"];
  /** `unused`: it has neither worked nor failed yet. */
  state: "works" | "failing" | "dead" | "unused";
  since?: number;
  lastOkAt?: number;
  error?: { code: string; detail: string };
  pending: number;
  oldestAt?: number;
}

export interface Notifier {
  /** One round: takes what waits, tries what is due. Resolves when the tries of this round have ended. */
  round(): Promise<void>;
  status(): ChannelStatus[];
  lastFailures(limit: number): Delivery[];
  /** Sends a test now, to the caller or to the channel's own address, past the outbox. */
  test(account: string, channel: string): Promise<Outcome | { ok: false; code: "channel-unknown" }>;
  /** What an account was told on the screen, newest first. */
  notices(account: string, limit: number, language?: Contact["language"]): Notice[];
  seen(account: string): void;
  contact(account: string): Contact | undefined;
  start(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 500;
const TAKEN_AT_ONCE = 100;
const TRIED_AT_ONCE = 64;
/** Tries at one channel at a time. */
const SIDE_BY_SIDE = 3;
const PROBE_EVERY_MS = 10 * 60_000;
/** Who was told of what and when is kept as long as the log. */
const KEPT_MS = leastLogDays() * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Of these the newest word makes the older ones stale. */
const STATES: readonly Intent["kind"][] = ["opened", "joined", "reopened", "recovered"];

export const idOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);

export function createNotifier(parts: NotifierParts): Notifier {
  const { deliveries, now } = parts;
  const flying = new Map<number, string>();
  let channels = new Map<string, { mark: string; rule: ChannelRule; channel: Channel }>();
  let timer: NodeJS.Timeout | undefined;
  let [probedAt, prunedAt] = [0, 0];
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  /** Channels as the rules have them now; one whose rule is the same stays open. */
  const open = (): typeof channels => {
    const next: typeof channels = new Map();
    for (const rule of parts.rules().channels) {
      const mark = JSON.stringify(rule);
      const known = channels.get(rule.id);
      next.set(rule.id, known?.mark === mark ? known : { mark, rule, channel: parts.open(rule) });
    }
    channels = next;
    return channels;
  };
  const healthOf = (channel: string): ChannelHealth =>
    parts.health.get(channel) ?? { channel, failures: 0, retryAt: 0 };

  const plan = (intent: Intent): void => {
    const rules = parts.rules();
    const whole = intent.incident === "-" ? undefined : parts.incident("machine", undefined, intent.incident);
    const { planned, left } = routeIntent(intent, {
      rules,
      people: parts.people(),
      registry: parts.registry(),
      incident: whole,
      concerned: (scope) => parts.concerned(scope, intent.incident),
    });
    for (const { receiver, why } of left) parts.onLeft(intent, receiver, why);
    if (planned.length === 0 && intent.to.length > 0) parts.onLeft(intent, intent.to.join(" "), "nobody-told");
    for (const { channel, receiver } of planned) {
      const rule = rules.channels.find((c) => c.id === channel)!;
      keep(rules, rule, intent, receiver, isUrgent(rules, intent.kind, whole?.severity));
    }
  };
  const keep = (rules: NotifyRules, rule: ChannelRule, intent: Intent, receiver: string, urgent: boolean): void => {
    const at = now();
    const quiet = !urgent && keepsQuiet(rule) ? (quietUntil(rules, at) ?? at) : at;
    const isState = STATES.includes(intent.kind);
    const last = isState ? deliveries.lastSent(intent.incident, rule.id, receiver, STATES) : undefined;
    // Who was told that it is over and is wrong hears so at once; who knows of the trouble can wait.
    const news = last === undefined || (urgent && last.kind === "recovered" && intent.kind !== "recovered");
    const again = news ? at : last.at + rules.dedupMinutes * 60_000;
    if (isState)
      for (const older of deliveries.pendingOf(intent.incident, rule.id, receiver))
        if (STATES.includes(older.intent.kind) && older.attempts === 0 && older.nextAt > at && !flying.has(older.id))
          deliveries.save({ ...older, state: "superseded" });
    const nextAt = Math.max(quiet, again);
    const key = `${intent.key}|${rule.id}|${receiver}`;
    const expiresAt = nextAt + rules.expireHours * 3_600_000;
    deliveries.add({ key, intent, channel: rule.id, receiver, urgent, createdAt: at, nextAt, expiresAt });
  };
  const take = (): void => {
    if (parts.intents.waiting(1).length === 0) return;
    parts.transaction(() => {
      for (const { id, ...intent } of parts.intents.waiting(TAKEN_AT_ONCE)) {
        plan(intent);
        parts.intents.taken(id, now());
      }
    });
  };

  /** The message, as its receiver may know it; a code for why there is none. */
  const wordsFor = (d: Delivery, rule: ChannelRule): { message: Message; contact: Contact | undefined } | string => {
    const person = d.receiver === "" ? undefined : parts.people().find((p) => p.account === d.receiver);
    if (d.receiver !== "" && !person) return "account-gone";
    const scope = person ? person.scope : scopeOf(rule);
    const about = d.intent.incident;
    // Judged now, not when it was planned: rights may have been taken away meanwhile.
    const incident = about === "-" ? undefined : parts.incident(d.receiver || "machine", scope, about);
    if (about !== "-" && !incident) return "incident-not-shown";
    const contact = d.receiver === "" ? undefined : parts.contacts.get(d.receiver);
    const language = contact?.language ?? ("language" in rule ? rule.language : undefined) ?? "vi";
    return { message: messageOf(sayingOf(d, incident, language)), contact };
  };
  const sayingOf = (d: Delivery, incident: Incident | undefined, language: Contact["language"]): Saying => ({
    id: idOf(d.key),
    intent: d.intent,
    incident,
    language,
    urgent: d.urgent,
    names: namesOf(parts.registry(), incident),
    screenUrl: parts.screenUrl,
  });

  const attempt = async (d: Delivery): Promise<void> => {
    const found = open().get(d.channel);
    let outcome: Outcome;
    if (!found) outcome = { ok: false, of: "receiver", final: true, code: "channel-removed", detail: "" };
    else {
      const words = wordsFor(d, found.rule);
      outcome =
        typeof words === "string"
          ? { ok: false, of: "receiver", final: true, code: words, detail: "" }
          : await found.channel.send(words.message, { account: d.receiver, contact: words.contact });
    }
    record(d, outcome, found !== undefined && !(!outcome.ok && isOurs(outcome.code)));
  };
  const record = (d: Delivery, outcome: Outcome, tried: boolean): void =>
    parts.transaction(() => {
      const at = now();
      if (tried) noteHealth(d.channel, outcome);
      if (outcome.ok) {
        deliveries.save({ ...d, state: "sent", attempts: d.attempts + 1, sentAt: at });
        return parts.onSent(d.channel);
      }
      const { code, detail } = outcome;
      const next: Delivery = { ...d, attempts: d.attempts + 1, error: { code, detail } };
      if (outcome.final) {
        deliveries.save({ ...next, state: "failed" });
        return parts.onFailed(d.channel, code);
      }
      // Where the channel is at fault the next try is another message's: one that it chokes on must not stand before all.
      const nextAt =
        outcome.of === "receiver" ? at + backoffMs(next.attempts, d.key) : healthOf(d.channel).retryAt + 1_000;
      deliveries.save({ ...next, nextAt });
    });
  const noteHealth = (channel: string, outcome: Outcome): void => {
    parts.onTried(channel, outcome.ok ? "ok" : outcome.code);
    const known = healthOf(channel);
    const { health, tell } = afterTry(known, outcome, parts.rules().deadAfterMinutes * 60_000, now());
    parts.health.save(health);
    if (!tell) return;
    const since = (tell === "channel-dead" ? health : known).failingSince ?? now();
    const key = `channel/${channel}/${tell}/${since}`;
    const facts = { channel, since, code: (health.error ?? known.error)?.code ?? "" };
    // Of its death others tell; that it is back it may say itself.
    parts.intents.add({
      key,
      at: now(),
      kind: tell,
      incident: "-",
      to: [],
      reason: { key: `reason.${tell}`, facts },
      channel,
    });
  };

  const expire = (due: Delivery[]): Delivery[] =>
    due.filter((d) => {
      if (d.expiresAt > now()) return true;
      const detail = d.error ? `${d.error.code}: ${d.error.detail}` : "";
      parts.transaction(() => deliveries.save({ ...d, state: "failed", error: { code: "expired", detail } }));
      parts.onFailed(d.channel, "expired");
      return false;
    });
  /** What may be tried now: of a channel at fault one, when its time has come; of others a few at a time. */
  const chosen = (due: Delivery[]): Delivery[] => {
    const busy = new Map<string, number>();
    for (const channel of flying.values()) busy.set(channel, (busy.get(channel) ?? 0) + 1);
    return due.filter((d) => {
      if (flying.has(d.id)) return false;
      const health = healthOf(d.channel);
      const n = busy.get(d.channel) ?? 0;
      if (health.retryAt > now() || n >= (health.failures > 0 ? 1 : SIDE_BY_SIDE)) return false;
      busy.set(d.channel, n + 1);
      return true;
    });
  };
  const tryDue = async (): Promise<void> => {
    const due = expire(deliveries.due(now(), TRIED_AT_ONCE));
    await Promise.all(
      chosen(due).map(async (d) => {
        flying.set(d.id, d.channel);
        try {
          await attempt(d);
        } catch (error) {
          parts.onError(error);
        } finally {
          flying.delete(d.id);
        }
      }),
    );
  };
  /** A channel that nobody used for a while may have died meanwhile: better known before it is needed. */
  const probe = async (): Promise<void> => {
    if (now() - probedAt < PROBE_EVERY_MS) return;
    probedAt = now();
    await Promise.all(
      [...open()].map(async ([id, { channel }]) => {
        const { failures, lastOkAt = 0 } = healthOf(id);
        if (!channel.probe || (failures === 0 && now() - lastOkAt < PROBE_EVERY_MS)) return;
        const outcome = await channel.probe();
        parts.transaction(() => noteHealth(id, outcome));
      }),
    );
  };
  const prune = (): void => {
    if (now() - prunedAt < PRUNE_EVERY_MS) return;
    prunedAt = now();
    parts.transaction(() => deliveries.prune(now() - KEPT_MS));
  };
  const round = async (): Promise<void> => {
    take();
    await tryDue();
    prune();
  };
  const safely = (run: () => Promise<void>) => run().catch(parts.onError);

  return {
    round,
    status() {
      const pending = deliveries.pending();
      return parts.rules().channels.map(({ id, kind }) => statusOf(id, kind, parts.health.get(id), pending[id]));
    },
    lastFailures: deliveries.lastFailures,
    async test(account, id) {
      const found = open().get(id);
      if (!found) return { ok: false, code: "channel-unknown" };
      const contact = parts.contacts.get(account);
      const at = now();
      const language = contact?.language ?? "vi";
      const intent = { kind: "test" as const, at };
      const say = { id: idOf(`test/${id}/${account}/${at}`), intent, incident: undefined, language, urgent: false };
      const message = messageOf({ ...say, names: new Map(), screenUrl: parts.screenUrl });
      const outcome = await found.channel.send(message, { account, contact });
      // Who has no address has tried nothing: a dead channel is not alive by that.
      if (outcome.ok || !isOurs(outcome.code)) parts.transaction(() => noteHealth(id, outcome));
      return outcome;
    },
    notices(account, limit, asked) {
      const language = asked ?? parts.contacts.get(account)?.language ?? "vi";
      const rules = parts.rules();
      const ids = rules.channels.filter((c) => c.kind === "screen").map((c) => c.id);
      const person = parts.people().find((p) => p.account === account);
      return ids
        .flatMap((id) => deliveries.sentTo(id, account, limit))
        .flatMap((d): Notice[] => {
          const about = d.intent.incident;
          const incident = about === "-" ? undefined : parts.incident(account, person?.scope, about);
          if (!person || (about !== "-" && !incident)) return [];
          const { id, subject, summary } = messageOf(sayingOf(d, incident, language));
          const quiet = !d.urgent && quietUntil(rules, d.createdAt) !== undefined;
          return [
            {
              id,
              at: d.sentAt ?? d.createdAt,
              kind: d.intent.kind,
              subject,
              summary,
              sound: !quiet,
              seen: d.seenAt !== undefined,
              ...(incident ? { incident: incident.id, severity: incident.severity } : {}),
            },
          ];
        });
    },
    seen(account) {
      for (const c of parts.rules().channels)
        if (c.kind === "screen") parts.transaction(() => deliveries.seen(c.id, account, now(), now()));
    },
    contact: parts.contacts.get,
    start() {
      const turn = () => {
        // A round that waits for a slow channel does not hold up the next: what flies is not tried twice.
        running = Promise.all([running, safely(round), safely(probe)]).then(() => undefined);
        if (!stopped) timer = setTimeout(turn, EVERY_MS);
      };
      timer = setTimeout(turn, EVERY_MS);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // What flies has its own time limits; what it came to is kept if it ends soon, and told again if not.
      await Promise.race([running, new Promise((r) => setTimeout(r, 2_000).unref())]);
    },
  };
}

/** Codes of failures before the channel was asked. */
const isOurs = (code: string): boolean =>
  code === "account-gone" || code === "incident-not-shown" || code === "no-mail-address";

function statusOf(
  id: string,
  kind: ChannelRule["kind"],
  h: ChannelHealth | undefined,
  waiting: { count: number; oldestAt: number } | undefined,
): ChannelStatus {
  const state = !h ? "unused" : h.toldAt !== undefined ? "dead" : h.failures > 0 ? "failing" : "works";
  return {
    id,
    kind,
    state,
    pending: waiting?.count ?? 0,
    ...(waiting ? { oldestAt: waiting.oldestAt } : {}),
    ...(h?.failingSince === undefined ? {} : { since: h.failingSince }),
    ...(h?.lastOkAt === undefined ? {} : { lastOkAt: h.lastOkAt }),
    ...(h?.error ? { error: h.error } : {}),
  };
}

/** Names for reasons: assets, agencies, and the clocks of the incident by their titles. */
const namesOf = (registry: Registry, incident: Incident | undefined): Names =>
  new Map([
    ...[...registry.assets, ...registry.agencies].map((x) => [x.id, x.name] as const),
    ...(incident?.work?.clocks ?? []).map((c) => [c.id, c.title] as const),
  ]);
