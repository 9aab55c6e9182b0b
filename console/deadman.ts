// The watcher elsewhere: hears the console's signs of life (pushed to it, or asked for by it), and tells people over channels of its
// own when they stop. It shares nothing with the console that it watches: no machine, no record, no outbox. `vonggac deadman`.
import { timingSafeEqual } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, request, type Server } from "node:https";
import type { LookupFunction } from "node:net";
import { createSecureContext, rootCertificates } from "node:tls";
import Type from "typebox";
import { type Language, type TextKey, text } from "../protocol/locales/index.ts";
import { jsonFileReader } from "./json-file.ts";
import { createLog, type Logger } from "./log.ts";
import { backoffMs } from "./notify/backoff.ts";
import { openChannel } from "./notify/channels/index.ts";
import { signatureOf } from "./notify/channels/webhook.ts";
import { hasOwnAddress } from "./notify/own-address.ts";
import { type ChannelRule, ChannelSchema } from "./notify/policy.ts";
import type { Channel, Message } from "./notify/ports.ts";
import { readSecret } from "./notify/secrets.ts";
import { heard, judge, type Telling, type Watched } from "./notify/silence.ts";
import { urlFault } from "./outbound/address.ts";
import { guardedLookup } from "./outbound/connect.ts";
import { messageOf, Problem } from "./problem.ts";
import { localTime } from "./words.ts";

const Path = Type.String({ minLength: 1, maxLength: 4_096 });
const Seconds = (minimum: number) => Type.Integer({ minimum, maximum: 86_400 });
const strict = { additionalProperties: false };
const ConfigSchema = Type.Object(
  {
    /** How the console is called in messages. */
    console: Type.String({ minLength: 1, maxLength: 253 }),
    language: Type.Optional(Type.Enum(["vi", "en"])),
    /** Where signs of life arrive; the key is the console's `heartbeat.keySecret`. */
    listen: Type.Optional(
      Type.Object(
        {
          host: Type.String({ minLength: 1, maxLength: 255 }),
          port: Type.Integer({ minimum: 0, maximum: 65_535 }),
          certFile: Path,
          keyFile: Path,
          keySecret: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" }),
        },
        strict,
      ),
    ),
    /** Or it is asked: the console's /readyz. */
    ask: Type.Optional(Type.Object({ url: Type.String({ maxLength: 2_048 }), everySeconds: Seconds(5) }, strict)),
    silentAfterSeconds: Seconds(5),
    repeatMinutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
    secretsDir: Path,
    stateFile: Path,
    outbound: Type.Optional(
      Type.Object({ allow: Type.Array(Type.String(), { maxItems: 100 }), rootsFile: Type.Optional(Path) }, strict),
    ),
    channels: Type.Array(ChannelSchema, { minItems: 1, maxItems: 8 }),
  },
  strict,
);
export type DeadmanConfig = Type.Static<typeof ConfigSchema>;
export type DeadmanCode = "deadman-hears-nothing" | "deadman-channel-has-no-address" | "deadman-url-refused";

const read = jsonFileReader(ConfigSchema, "the watcher's configuration", "docs/notifications.md shows it.", 256 * 1024);

/** Reads deadman.json. Throws Problem<JsonFileCode | DeadmanCode>. */
export function readDeadman(path: string): DeadmanConfig {
  const config = read(path);
  const wrong = (code: DeadmanCode, where: string, detail: string, remedy: string) =>
    new Problem<DeadmanCode>(code, `${path}: ${where}`, detail, remedy);
  if (!config.listen && !config.ask)
    throw wrong("deadman-hears-nothing", "/", "neither listen nor ask is given", "Give one of the two, or both.");
  const lost = config.channels.findIndex((c) => !hasOwnAddress(c));
  if (lost >= 0)
    throw wrong(
      "deadman-channel-has-no-address",
      `/channels/${lost}`,
      "there are no accounts here",
      "Give `to`, or a webhook.",
    );
  const fault = config.ask && urlFault(config.ask.url, { allow: config.outbound?.allow ?? [] });
  if (fault)
    throw wrong("deadman-url-refused", "/ask/url", fault, "An https address, or one that outbound.allow names.");
  return config;
}

export interface RunningDeadman {
  port: number | undefined;
  watched(): Watched;
  close(): Promise<void>;
}

const TICK_MS = 500;
/** A sign of life older than this is a recording. */
const REPLAY_MS = 300_000;
const MOST_BODY = 4_096;
const MOST_IDS = 10_000;

/** Runs until closed. Rejects when it cannot listen. */
export async function startDeadman(
  config: DeadmanConfig,
  log: Logger,
  { now = Date.now, lookup }: { now?: () => number; lookup?: LookupFunction } = {},
): Promise<RunningDeadman> {
  const startedAt = now();
  let watched = kept(config.stateFile) ?? { heardAt: startedAt, ready: true, detail: "" };
  const patience = {
    silentAfterMs: config.silentAfterSeconds * 1_000,
    repeatMs: config.repeatMinutes * 60_000,
    startedAt,
  };
  const reach = { ...reachOf(config), ...(lookup ? { lookup } : {}) };
  const tellers = tellersOf(config, reach, log, now);
  const note = (next: Watched) => {
    watched = next;
    writeFileSync(`${config.stateFile}.new`, JSON.stringify(watched), { mode: 0o600 });
    renameSync(`${config.stateFile}.new`, config.stateFile);
  };
  const onBeat = (ready: boolean, detail: string) => note(heard(watched, ready, detail, now()));
  const server = config.listen && (await listen(config.listen, config, onBeat, now));
  let askedAt = 0;
  const timer = setInterval(() => {
    if (config.ask && now() - askedAt >= config.ask.everySeconds * 1_000) {
      askedAt = now();
      void ask(config.ask.url, reach).then((said) => said && onBeat(said.ready, said.detail));
    }
    const { watched: next, tell } = judge(watched, patience, now());
    if (tell) {
      note(next);
      log.warn({ event: `console-${tell.what}`, console: config.console, since: new Date(tell.since).toISOString() });
      for (const teller of tellers) teller.add(wordsOf(tell, config, now()));
    }
    for (const teller of tellers) teller.turn();
  }, TICK_MS);
  const address = server?.address();
  return {
    port: address && typeof address === "object" ? address.port : undefined,
    watched: () => watched,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        if (!server) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function kept(path: string): Watched | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Watched;
  } catch {
    // None yet, or half a file: the console gets its full time anew.
    return undefined;
  }
}

const reachOf = (config: DeadmanConfig) => {
  const addresses = { allow: config.outbound?.allow ?? [] };
  const file = config.outbound?.rootsFile;
  const roots = file === undefined ? [...rootCertificates] : [...rootCertificates, readFileSync(file, "utf8")];
  return { addresses, roots, lookup: guardedLookup(addresses) };
};

type Reach = ReturnType<typeof reachOf>;

/** One a channel: what has to be told waits in order, and is tried until it is. */
function tellersOf(config: DeadmanConfig, reach: Reach, log: Logger, now: () => number) {
  const secret = (name: string) => readSecret(config.secretsDir, name);
  return config.channels.map((rule: ChannelRule) => {
    const channel: Channel = openChannel(rule, { ...reach, secret, now, nudge() {} });
    const waiting: Message[] = [];
    let [failures, notBefore, busy] = [0, 0, false];
    return {
      add: (m: Message) => void waiting.push(m),
      turn() {
        const next = waiting[0];
        if (!next || busy || now() < notBefore) return;
        busy = true;
        void channel.send(next, { account: "", contact: undefined }).then((outcome) => {
          busy = false;
          if (outcome.ok || outcome.final) waiting.shift();
          failures = outcome.ok ? 0 : failures + 1;
          notBefore = outcome.ok ? 0 : now() + Math.min(60_000, backoffMs(failures, rule.id));
          if (outcome.ok) log.info({ event: "told", channel: rule.id, kind: next.kind });
          else log.error({ problem: "not-told", channel: rule.id, why: outcome.code, detail: outcome.detail });
        });
      },
    };
  });
}

function wordsOf(tell: Telling, config: DeadmanConfig, at: number): Message {
  const language: Language = config.language ?? "vi";
  const since = `${localTime(tell.since)} (+07:00)`;
  const facts = { console: config.console, since, seconds: Math.round((at - tell.since) / 1_000), detail: tell.detail };
  const subject = `[${text(language, "app.name")}] ${text(language, `deadman.${tell.what}` as TextKey, facts)}`;
  const body = text(language, `deadman.${tell.what}.text` as TextKey, facts);
  const escaped = body.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  return {
    id: `deadman-${tell.what}-${tell.since}-${at}`,
    kind: tell.what === "back" ? "channel-back" : "channel-dead",
    at,
    urgent: tell.what !== "back",
    language,
    subject,
    summary: body,
    text: `${body}\n\n${text(language, "notify.foot")}\n`,
    html: `<!doctype html><html lang="${language}"><meta charset="utf-8"><body><p>${escaped}</p></body></html>\n`,
  };
}

/** Hears pushed signs of life: signed, fresh, each once. */
function listen(
  at: NonNullable<DeadmanConfig["listen"]>,
  config: DeadmanConfig,
  onBeat: (ready: boolean, detail: string) => void,
  now: () => number,
): Promise<Server> {
  const seen = new Set<string>();
  const tls = { cert: readFileSync(at.certFile), key: readFileSync(at.keyFile), minVersion: "TLSv1.2" as const };
  const server = createServer({ ...tls, requestTimeout: 10_000, headersTimeout: 5_000 }, async (incoming, answer) => {
    const body = incoming.method === "POST" ? await bodyOf(incoming) : undefined;
    const id = String(incoming.headers["webhook-id"] ?? "");
    const good = body !== undefined && signed(incoming, id, body, readSecret(config.secretsDir, at.keySecret), now());
    if (!good || seen.has(id)) return void answer.writeHead(good ? 409 : 401, { connection: "close" }).end();
    if (seen.size >= MOST_IDS) seen.clear();
    seen.add(id);
    const said = jsonOf(body);
    if (said?.["type"] !== "vonggac.beat") return void answer.writeHead(400, { connection: "close" }).end();
    onBeat(said["ready"] === true, said["ready"] === true ? "" : "not ready");
    answer.writeHead(204).end();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => resolve(server));
  });
}

function signed(incoming: IncomingMessage, id: string, body: string, key: string, now: number): boolean {
  const at = Number(incoming.headers["webhook-timestamp"]);
  if (id === "" || id.length > 100 || !Number.isSafeInteger(at) || Math.abs(now - at * 1_000) > REPLAY_MS) return false;
  const wanted = Buffer.from(signatureOf(key, id, at, body));
  const given = Buffer.from(String(incoming.headers["webhook-signature"] ?? ""));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const jsonOf = (body: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

async function bodyOf(incoming: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of incoming) {
      size += (part as Buffer).length;
      if (size > MOST_BODY) return undefined;
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts).toString("utf8");
  } catch {
    return undefined;
  }
}

/** Asks the console how it is: 200 well, 503 unwell, anything else no sign of life. */
function ask(url: string, { lookup, roots }: Reach): Promise<{ ready: boolean; detail: string } | undefined> {
  return new Promise((resolve) => {
    const sent = request(url, { lookup, ca: roots, agent: false, timeout: 10_000 }, (response) => {
      response.destroy();
      if (response.statusCode === 200) return resolve({ ready: true, detail: "" });
      resolve(response.statusCode === 503 ? { ready: false, detail: "503" } : undefined);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(undefined));
    sent.end();
  });
}

/** What would be wrong at its start, secrets and certificates included. Throws Problem. */
export function checkDeadman(path: string): void {
  const config = readDeadman(path);
  const names = config.channels.map((c) =>
    c.kind === "mail" ? c.passwordSecret : c.kind === "webhook" ? c.keySecret : undefined,
  );
  for (const name of [config.listen?.keySecret, ...names]) if (name !== undefined) readSecret(config.secretsDir, name);
  try {
    if (config.listen)
      createSecureContext({ cert: readFileSync(config.listen.certFile), key: readFileSync(config.listen.keyFile) });
    reachOf(config);
  } catch (error) {
    throw new Problem("deadman-failed", path, messageOf(error), "Correct that and start it again.", error);
  }
}

/** `vonggac deadman --config FILE`: runs until a signal. */
export async function runDeadman(path: string): Promise<void> {
  const log = createLog("info");
  try {
    const running = await startDeadman(readDeadman(path), log);
    log.info({ event: "deadman-started", port: running.port });
    await new Promise<void>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    await running.close();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("deadman-failed", path, messageOf(error), "Correct that and start it again.", error);
  }
}
