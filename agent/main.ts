// The agent: joins its stages and nothing else does.
//   assignment → runner (checks, detectors, through the world) → latest → outbox → link → console
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Logger, pino } from "pino";
import pkg from "../package.json" with { type: "json" };
import { AssignmentKeeper } from "./assignment.ts";
import { CHECKS } from "./checks/index.ts";
import { type Config, readConfig } from "./config.ts";
import { DETECTORS } from "./detectors/index.ts";
import { keepRenewed, needOf, obtain, obtainAtLast } from "./enrol.ts";
import { AgentError } from "./errors.ts";
import { upgrading } from "./field/index.ts";
import { type Identity, readIdentity } from "./identity.ts";
import { keepInventory } from "./inventory.ts";
import { Latest } from "./latest.ts";
import { Link } from "./link.ts";
import { newMetrics, render, serveMetrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import { BACK_TO_DISK_MS } from "./outbox-place.ts";
import { Runner } from "./runner.ts";
import { makeWorld } from "./world/index.ts";

/** Starts the agent; it runs until `stop` of what comes back. @throws AgentError for what nothing can be done without. */
export function startAgent(config: Config, log: Logger): { stop(): Promise<void> } {
  const metrics = newMetrics();
  const onTrouble = (trouble: AgentError) => {
    metrics.troubles.add({ code: trouble.code });
    log.warn({ code: trouble.code, remedy: trouble.remedy, cause: causeOf(trouble) }, trouble.message);
  };
  makeStateDir(config.stateDir);
  const outbox = new Outbox({
    path: join(config.stateDir, "outbox.db"),
    limit: config.outboxItems,
    now: Date.now,
    onTrouble,
  });
  const latest = new Latest();
  let identity: Identity | undefined = readIdentity(config.stateDir);
  let isConnected = false;

  const runner = new Runner({
    agent: config.agent,
    world: makeWorld(config),
    checks: CHECKS,
    detectors: DETECTORS,
    cursorOf: (target) => outbox.cursor(target),
    onRun: (check, outcome, tookMs) => {
      metrics.runs.add({ check, outcome });
      metrics.runSeconds.add({ check }, tookMs / 1_000);
    },
    onReport: (report) => {
      const before = latest.get(report.target);
      if (!latest.offer(report)) return;
      log.info({ target: report.target, said: wordsOf(report), before: before && wordsOf(before) }, "report");
      outbox.put([report]);
      link.wake(false);
    },
    onDetections: (detections, target, cursor) => {
      for (const { detector, actor, count } of detections) {
        metrics.detections.add({ detector });
        log.info({ detector, target, actor, count }, "detection");
      }
      outbox.put(detections, cursor ? { [target]: cursor } : {});
      link.wake(detections.length > 0);
    },
  });

  const assignments = new AssignmentKeeper({
    agent: config.agent,
    key: config.configKey,
    path: join(config.stateDir, "assignment.json"),
    apply: ({ serial, targets }) => {
      runner.apply(targets);
      latest.keepOnly(runner.targets);
      log.info({ serial, targets: targets.length }, "assignment applied");
    },
    onTrouble,
  });

  const upgrades = upgrading(config, {
    identity: () => identity,
    log: (event, about) => log.info(about, event),
    onTrouble,
  });

  const link = new Link({
    url: config.console.url,
    serverName: config.console.serverName,
    roots: config.roots,
    agent: config.agent,
    instance: randomUUID(),
    version: pkg.version,
    outbox,
    now: Date.now,
    identity: () => identity!,
    config: () => assignments.state,
    onAssign: (signed) => assignments.take(signed),
    onFull: () => {
      outbox.put(latest.all());
      link.wake(false);
    },
    digest: () => latest.digest(runner.targets),
    onAcked: () => {
      metrics.acks.add({});
      upgrades?.acked();
    },
    onConnected: (connected) => {
      isConnected = connected;
      if (connected) metrics.connections.add({});
    },
    log: (level, event, about) => log[level](about, event),
  });

  const server = serveMetrics(config.metrics.host, config.metrics.port, () =>
    render(metrics, {
      targets: runner.targets.size,
      findings: latest.all().reduce((sum, r) => sum + (r.outcome === "ran" ? r.findings.length : 0), 0),
      outboxEntries: outbox.depth,
      outboxInMemory: outbox.isInMemory,
      connected: isConnected,
      configSerial: assignments.state.serial,
    }),
  );
  server.on("error", (error) => log.warn({ error: error.message }, "metrics-unavailable"));

  // Nobody need have anything to say: what a detector remembers is lost with a kill for as long as it is not on disk.
  const backToDisk = setInterval(() => outbox.isInMemory && outbox.flush(0), BACK_TO_DISK_MS);

  const ending = new AbortController();
  let stopRenewing = () => {};
  let stopUpgrades = () => {};
  const connect = async () => {
    if (needOf(identity, Date.now()) === "enrol") {
      identity = await obtainAtLast(config, onTrouble, ending.signal);
      if (!identity) return;
      log.info({ until: new Date(identity.until).toISOString() }, "enrolled");
    }
    const renewed = (next: Identity) => {
      identity = next;
      log.info({ until: new Date(next.until).toISOString() }, "certificate renewed");
      link.reconnect();
    };
    stopRenewing = keepRenewed(config, Date.now, renewed, onTrouble);
    link.start();
    stopUpgrades = upgrades?.start() ?? stopUpgrades;
  };

  const stopInventory = keepInventory({
    agent: config.agent,
    stateDir: config.stateDir,
    log: (event, about) => log.info(about, event),
  });
  assignments.restore();
  void connect();
  return {
    stop: async () => {
      ending.abort();
      stopRenewing();
      stopUpgrades();
      stopInventory();
      clearInterval(backToDisk);
      runner.stop();
      link.stop();
      outbox.close();
      server.close();
    },
  };
}

const wordsOf = (report: ReturnType<Latest["all"]>[number]) =>
  report.outcome === "ran" ? report.findings.map(({ tag, subject }) => `${tag} ${subject}`) : report.outcome;

const causeOf = (trouble: AgentError) => (trouble.cause instanceof Error ? trouble.cause.message : undefined);

function makeStateDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AgentError("state-unwritable", path, error);
  }
}

/** One try, for whoever installs an agent and waits for the answer. Needs nothing where there is a certificate already. */
async function enrolOnce(config: Config, log: Logger): Promise<void> {
  makeStateDir(config.stateDir);
  if (needOf(readIdentity(config.stateDir), Date.now()) !== "enrol") return;
  const { until } = await obtain(config, undefined);
  log.info({ until: new Date(until).toISOString() }, "enrolled");
}

function main(): void {
  const { values } = parseArgs({ options: { config: { type: "string" }, "enrol-once": { type: "boolean" } } });
  const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime });
  const fail = (error: unknown) => {
    const remedy = error instanceof AgentError ? error.remedy : undefined;
    log.fatal({ err: error, remedy }, "the agent stops");
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  try {
    const config = readConfig(values.config ?? "/etc/vonggac/agent.json");
    log.level = config.logLevel;
    if (values["enrol-once"]) return void enrolOnce(config, log).catch(fail);
    const agent = startAgent(config, log);
    log.info({ agent: config.agent, version: pkg.version, pid: process.pid }, "the agent runs");
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => void agent.stop().then(() => process.exit(0), fail));
  } catch (error) {
    fail(error);
  }
}

if (import.meta.main) main();
