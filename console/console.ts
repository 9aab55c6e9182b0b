// Puts the console together: store, view, pipeline, gateway, screen, admin socket, metrics, watched files.
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { leastLogDays } from "../protocol/retention.ts";
import { openAdmin } from "./api/admin.ts";
import { signIns } from "./api/desk/desk.ts";
import { type ProviderSettings, providerDesk } from "./api/desk/provider.ts";
import { createFeed } from "./api/feed.ts";
import { openApi } from "./api/openapi.ts";
import { createRouter } from "./api/router.ts";
import { ROUTES } from "./api/routes.ts";
import { openScreen } from "./api/screen.ts";
import { readSite } from "./api/static.ts";
import { backendOf, readersOver } from "./backend.ts";
import { steadyClock } from "./clock.ts";
import { cloneHearing } from "./clones.ts";
import { type ConsoleConfig, DEFAULT_GRACE_MS } from "./config.ts";
import * as correlator from "./correlate/index.ts";
import { deskOf } from "./desk.ts";
import { enrolmentDesk } from "./enrolments.ts";
import { watchFiles } from "./files.ts";
import { readOffer } from "./gateway/releases.ts";
import { openGateway } from "./gateway/server.ts";
import { keepIndexed } from "./indexing.ts";
import type { Logger } from "./log.ts";
import { createMetrics, type Metrics, serveMetrics } from "./metrics.ts";
import { addressPolicyOf, notificationsDoor, notifierOver } from "./notifier.ts";
import { passwords } from "./passwords.ts";
import { createPipeline } from "./pipeline.ts";
import { presenceBook } from "./presence.ts";
import { messageOf, Problem } from "./problem.ts";
import { readRegistry } from "./registry-file.ts";
import { sealAt } from "./seal.ts";
import { softwareOf } from "./software.ts";
import { openStore } from "./store/store.ts";
import { createView } from "./view.ts";

export interface RunningConsole {
  gatewayPort: number;
  screenPort: number;
  /** Stops taking, commits what waits, closes the record. */
  close(): Promise<void>;
}

const LOST_REMEDY =
  "A sync of the journal failed. Look at the kernel's log, mend the disk, start again: what was acknowledged is kept, the rest comes again.";
const RETAIN_MS = 3_600_000;
const CLOCK_LOOK_MS = 10_000;

/** Starts everything that console.json names. Rejects with a Problem; then nothing is left open but what exits with us. */
export async function startConsole(config: ConsoleConfig, log: Logger): Promise<RunningConsole> {
  const clock = steadyClock();
  const metrics = createMetrics();
  const registry = readRegistry(config.registryFile);
  const store = openStore(config.dataDir);
  const view = createView(registry, clock.now());
  const room = deskOf(store, view, config.dataDir, addressPolicyOf(config), config.notify);
  const graceMs = config.timing.graceMs ?? DEFAULT_GRACE_MS;
  const presence = presenceBook({ silentAfterMs: config.timing.silentAfterMs, graceMs });
  const ticking = { now: clock.now, monotonic: clock.monotonic };
  const reader = readersOver(store, view, clock, room);
  const feed = createFeed({
    reader,
    now: clock.now,
    onClients: (n) => metrics.feedClients.set(n),
    onDropped: () => metrics.feedDropped.inc(),
  });
  const pipeline = createPipeline({
    store,
    view,
    presence,
    correlator,
    settings: { settleMs: config.timing.settleMs, recoverMs: config.timing.recoverMs, graceMs },
    clock,
    log,
    metrics,
    desk: room,
    publish: feed.push,
    republish: feed.restart,
    lost(error) {
      throw new Problem("store-lost", config.dataDir, messageOf(error), LOST_REMEDY, error);
    },
  });
  pipeline.setRegistry(registry);
  const enrolments = enrolmentDesk({
    store,
    registry: () => view.registry,
    approve: config.enrolment?.approve ?? [],
    now: clock.now,
  });
  const gateway = await openGateway({
    ...config.gateway,
    ...ticking,
    enrolSocket: config.enrolSocket,
    beatMs: config.timing.beatMs,
    sink: pipeline,
    admission: enrolments,
    releasesDir: config.releasesDir,
    released(agent, { serial, ...what }) {
      const act = `release-${what.outcome}`;
      const detail = { serial: String(serial), version: what.version, ...(what.code ? { code: what.code } : {}) };
      const audited = { at: clock.now(), account: "machine", act, subject: agent, detail };
      store.transaction(() => store.audit.write(audited));
      log[what.outcome === "installed" ? "info" : "error"]({ event: act, agent, ...detail });
    },
    cloned: cloneHearing({ store, view, pipeline, metrics, log, now: clock.now }),
    metrics,
    log,
  });
  enrolments.onRevoked(gateway.cut);
  const watches = watchFiles({
    ...config,
    version: registry.version,
    log,
    setRegistry(next) {
      pipeline.setRegistry(next);
      gateway.recheck();
    },
    setAssignments: gateway.setAssignments,
  });
  const url = new URL(config.screen.url);
  const notifier = notifierOver({
    config,
    store,
    view,
    desk: room,
    incident: (account, scope, id) => reader({ account, scope }).incident(id),
    nudge: feed.nudge,
    ready: pipeline.trouble,
    metrics,
    log,
    now: clock.now,
  });
  const backend = backendOf({
    url: config.screen.url,
    store,
    view,
    pipeline,
    reader,
    clock,
    enrolments,
    software: softwareOf({ store, view, heard: gateway.heard, offer: () => readOffer({ ...config, log }) }),
    notifications: notificationsDoor(notifier, store),
    alarm: ({ code, facts }) => {
      metrics.alarms.inc({ code });
      log.error({ problem: code, ...facts, remedy: "Find out who opened it and why, now." });
    },
  });
  const provider = config.provider && providerDesk(providerSettings(config.provider), backend, log);
  const seal = sealAt(join(config.dataDir, "people.key"));
  const { hash, check } = passwords();
  const desk = signIns(backend, {
    hashPassword: hash,
    checkPassword: check,
    seal: seal.close,
    unseal: seal.open,
    provider: () => provider?.state() ?? "absent",
  });
  const document = openApi(ROUTES, config.screen.url);
  const api = { backend, desk, provider, document: () => document };
  const router = createRouter({ api, routes: ROUTES, url, metrics, log });
  const listen =
    config.screen.fd !== undefined
      ? { fd: config.screen.fd }
      : { host: config.screen.host ?? "127.0.0.1", port: config.screen.port ?? 0 };
  const site = readSite(join(import.meta.dirname, "ui", "dist"));
  notifier.start();
  const screen = await openScreen({ listen, url, site, router, feed, log });
  const admin = await openAdmin(config.adminSocket, api, router);
  const metricsServer = await openMetrics(metrics, config);
  const clockLook = setInterval(() => {
    const jumpMs = clock.settle();
    if (jumpMs !== undefined) log.warn({ event: "clock-jumped", jumpMs });
    if (jumpMs !== undefined && jumpMs < 0) pipeline.startAnew();
  }, CLOCK_LOOK_MS);
  const indexing = keepIndexed({ store, view, pressed: pipeline.pressed, log });
  const retain = () => {
    try {
      for (const day of store.retain(clock.now(), config.retention?.logDays ?? leastLogDays()))
        log.info({ event: "log-day-dropped", day });
    } catch (error) {
      log.error({ problem: "retention-failed", detail: messageOf(error) });
    }
  };
  const retention = setInterval(retain, RETAIN_MS);
  log.info({
    event: "console-started",
    gateway: gateway.port,
    screen: config.screen.url,
    agents: registry.agents.length,
  });

  return {
    gatewayPort: gateway.port,
    screenPort: screen.port,
    async close() {
      clearInterval(clockLook);
      clearInterval(retention);
      indexing.stop();
      for (const watch of watches) watch.close();
      provider?.close();
      notifier.beat.stop();
      await notifier.stop();
      feed.close();
      await Promise.all([gateway.close(), screen.close(), closed(admin), closed(metricsServer)]);
      await pipeline.stop();
      store.close();
    },
  };
}

function providerSettings({ clientSecretFile, ...rest }: NonNullable<ConsoleConfig["provider"]>): ProviderSettings {
  try {
    return { scope: "openid profile", ...rest, clientSecret: readFileSync(clientSecretFile, "utf8").trim() };
  } catch (error) {
    const remedy = "Write the client's secret there, readable by the console's account only.";
    throw new Problem("provider-secret-unreadable", clientSecretFile, messageOf(error), remedy, error);
  }
}

async function openMetrics(metrics: Metrics, config: ConsoleConfig): Promise<Server> {
  const { host, port } = config.metrics;
  try {
    return await serveMetrics(metrics, host, port);
  } catch (error) {
    throw new Problem(
      "metrics-address-unusable",
      `${host}:${port}`,
      messageOf(error),
      "Choose a free port for metrics.",
      error,
    );
  }
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
