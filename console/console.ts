// Puts the console together: store, view, pipeline, gateway, screen, admin socket, metrics, watched files.
import type { Server } from "node:http";
import { join } from "node:path";
import { openAdmin } from "./api/admin.ts";
import { createFeed } from "./api/feed.ts";
import type { Backend } from "./api/ports.ts";
import { openScreen } from "./api/screen.ts";
import { signInDesk } from "./api/signin.ts";
import { readSite } from "./api/static.ts";
import { type SteadyClock, steadyClock } from "./clock.ts";
import { type ConsoleConfig, DEFAULT_GRACE_MS } from "./config.ts";
import * as correlator from "./correlate/index.ts";
import { readAssignments } from "./gateway/assignments.ts";
import { openGateway } from "./gateway/server.ts";
import type { Logger } from "./log.ts";
import { createMetrics, type Metrics, serveMetrics } from "./metrics.ts";
import { createPipeline, type Pipeline } from "./pipeline.ts";
import { presenceBook } from "./presence.ts";
import { messageOf, Problem } from "./problem.ts";
import { readRegistry } from "./registry-file.ts";
import { openStore, type Store } from "./store/store.ts";
import { createView, type View } from "./view.ts";
import { watchFile } from "./watch.ts";

export interface RunningConsole {
  gatewayPort: number;
  screenPort: number;
  /** Stops taking, commits what waits, closes the record. */
  close(): Promise<void>;
}

/** Closed incidents are history: the screen starts with the newest. */
const CLOSED_SHOWN = 200;
const CLOCK_LOOK_MS = 10_000;

/** Starts everything that console.json names. Rejects with a Problem; then nothing is left open but what exits with us. */
export async function startConsole(config: ConsoleConfig, log: Logger): Promise<RunningConsole> {
  const clock = steadyClock();
  const metrics = createMetrics();
  const registry = readRegistry(config.registryFile);
  const store = openStore(config.dataDir);
  const view = createView(registry, clock.now());
  const graceMs = config.timing.graceMs ?? DEFAULT_GRACE_MS;
  const presence = presenceBook({ silentAfterMs: config.timing.silentAfterMs, graceMs });
  const ticking = { now: clock.now, monotonic: clock.monotonic };
  const feed = createFeed({
    snapshot: () => snapshotOf(store, view, clock),
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
    publish: feed.push,
    republish: feed.restart,
  });
  pipeline.setRegistry(registry);
  const gateway = await openGateway({
    ...config.gateway,
    ...ticking,
    enrolSocket: config.enrolSocket,
    beatMs: config.timing.beatMs,
    sink: pipeline,
    metrics,
    log,
  });
  const watches = watchFiles(
    config,
    log,
    (next) => {
      pipeline.setRegistry(next);
      gateway.recheck();
    },
    gateway.setAssignments,
  );
  const backend = backendOf(config, store, view, pipeline, clock);
  const desk = signInDesk(backend);
  const url = new URL(config.screen.url);
  const listen =
    config.screen.fd !== undefined
      ? { fd: config.screen.fd }
      : { host: config.screen.host ?? "127.0.0.1", port: config.screen.port ?? 0 };
  const site = readSite(join(import.meta.dirname, "ui", "dist"));
  const screen = await openScreen({ listen, url, site, desk, feed, backend, metrics, log });
  const admin = await openAdmin(config.adminSocket, desk, backend);
  const metricsServer = await openMetrics(metrics, config);
  const clockLook = setInterval(() => {
    const jumpMs = clock.settle();
    if (jumpMs !== undefined) log.warn({ event: "clock-jumped", jumpMs });
    if (jumpMs !== undefined && jumpMs < 0) pipeline.startAnew();
  }, CLOCK_LOOK_MS);
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
      for (const watch of watches) watch.close();
      feed.close();
      await Promise.all([gateway.close(), screen.close(), closed(admin), closed(metricsServer)]);
      pipeline.stop();
      store.close();
    },
  };
}

/** Reads both files now and whenever they change; a broken one is kept out, loudly, and the one before stays. */
function watchFiles(
  config: ConsoleConfig,
  log: Logger,
  setRegistry: (r: ReturnType<typeof readRegistry>) => void,
  setAssignments: (a: ReturnType<typeof readAssignments>) => void,
) {
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      log.error({ problem: error.code, where: error.where, detail: error.message, remedy: error.remedy });
    }
  };
  let version = readRegistry(config.registryFile).version;
  const takeRegistry = () =>
    attempt(() => {
      const next = readRegistry(config.registryFile);
      if (next.version === version) return;
      version = next.version;
      log.info({ event: "registry-changed", version, targets: next.targets.length });
      setRegistry(next);
    });
  // The registry first: what an agent is told to watch must be known here when it reports of it.
  const takeAssignments = () => {
    takeRegistry();
    attempt(() => setAssignments(readAssignments(config.assignmentsFile)));
  };
  takeAssignments();
  return [watchFile(config.registryFile, takeRegistry), watchFile(config.assignmentsFile, takeAssignments)];
}

function snapshotOf(store: Store, view: View, clock: SteadyClock) {
  const { province, levels, agencies, assets } = view.registry;
  return {
    t: "snapshot" as const,
    at: clock.now(),
    province,
    levels,
    agencies: agencies.map(({ id, level, name }) => ({ id, level, name })),
    assets: assets.map(({ id, kind, name, agency }) => ({ id, kind, name, agency })),
    agents: view.agents(),
    targets: view.targets(),
    incidents: shownIncidents(store),
  };
}

/** Every incident that is not closed, and the newest of the closed. */
function shownIncidents(store: Store) {
  const newest = store.incidents.newest(CLOSED_SHOWN);
  const ids = new Set(newest.map((i) => i.id));
  return [...newest, ...store.incidents.unclosed().filter((i) => !ids.has(i.id))];
}

function backendOf(config: ConsoleConfig, store: Store, view: View, pipeline: Pipeline, clock: SteadyClock): Backend {
  const countOf = (presence: string) => view.agents().filter((a) => a.presence === presence).length;
  return {
    accounts: store.accounts,
    audit: store.audit.write,
    act: pipeline.act,
    snapshot: () => snapshotOf(store, view, clock),
    incidents: () => shownIncidents(store),
    incident: store.incidents.get,
    agents: view.agents,
    targets: view.targets,
    itemsOf: store.items.ofTargets,
    itemsAfter: store.items.after,
    status: () => {
      const trouble = pipeline.trouble();
      return {
        agents: {
          live: countOf("live"),
          silent: countOf("silent"),
          unknown: countOf("unknown"),
          misconfigured: pipeline.misconfigured(),
        },
        incidents: store.incidents.countByState(),
        targets: view.registry.targets.length,
        record: { bytes: store.size(), ...store.items.counts() },
        registry: view.registry.version,
        url: config.screen.url,
        ready: trouble === undefined,
        ...(trouble === undefined ? {} : { trouble }),
      };
    },
    now: clock.now,
    monotonic: clock.monotonic,
  };
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
