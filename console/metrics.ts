// What the console counts, for Prometheus, on loopback only.
import { createServer, type Server } from "node:http";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  frames: Counter<"type">;
  refusals: Counter<"code">;
  items: Counter<"kind">;
  /** Items that an agent sent about what is not its to watch. */
  strayItems: Counter;
  commits: Histogram;
  failedCommits: Counter;
  correlatorFailures: Counter;
  fullRequests: Counter;
  signinFailures: Counter;
  alarms: Counter<"code">;
  enrolments: Counter<"result">;
  connections: Gauge;
  feedClients: Gauge;
  feedDropped: Counter;
  /** `result`: `ok`, or the code of why not. */
  notificationTries: Counter<"channel" | "result">;
  heartbeats: Counter<"result">;
  notificationsSent: Counter<"channel">;
  notificationsFailed: Counter<"channel" | "code">;
  notificationsLeft: Counter<"why">;
  /** Asked at each scrape how channels fare. */
  watchNotifications(look: () => { now: number; channels: ChannelLook[] }): void;
}

interface ChannelLook {
  id: string;
  state: string;
  pending: number;
  oldestAt?: number;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name: `vonggac_console_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `vonggac_console_${name}`, help, registers });
  return {
    registry,
    frames: counter("frames_total", "Frames received from agents", ["type"]),
    refusals: counter("refusals_total", "Agents refused, by code", ["code"]),
    items: counter("items_total", "Reports and detections kept", ["kind"]),
    strayItems: counter("stray_items_total", "Items about targets that their agent does not watch"),
    commits: new Histogram({
      name: "vonggac_console_commit_seconds",
      help: "Time of one transaction, correlation included",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5],
      registers,
    }),
    failedCommits: counter("failed_commits_total", "Transactions that could not be committed"),
    correlatorFailures: counter("correlator_failures_total", "Inputs on which the correlator threw"),
    fullRequests: counter("full_requests_total", "Acks that asked an agent for whole reports"),
    signinFailures: counter("signin_failures_total", "Wrong or refused sign-in codes"),
    alarms: counter("alarms_total", "What somebody must hear of at once", ["code"]),
    enrolments: counter("enrolments_total", "Enrolments and renewals, by result", ["result"]),
    connections: gauge("agent_connections", "Agents connected"),
    feedClients: gauge("feed_clients", "Screens connected"),
    feedDropped: counter("feed_dropped_total", "Screens dropped because they did not keep up"),
    notificationTries: counter("notification_tries_total", "Tries at a channel, by result", ["channel", "result"]),
    heartbeats: counter("heartbeats_total", "Signs of life to the watcher outside, by result", ["result"]),
    notificationsSent: counter("notifications_sent_total", "Messages that a channel took", ["channel"]),
    notificationsFailed: counter("notifications_failed_total", "Messages given up, by why", ["channel", "code"]),
    notificationsLeft: counter("notifications_left_total", "Receivers that were named and could not be told", ["why"]),
    watchNotifications(look) {
      const each = (name: string, help: string, value: (c: ChannelLook, now: number) => number) =>
        new Gauge({
          name: `vonggac_console_notification${name}`,
          help,
          labelNames: ["channel"],
          registers,
          collect() {
            const { now, channels } = look();
            this.reset();
            for (const c of channels) this.set({ channel: c.id }, value(c, now));
          },
        });
      each("s_pending", "Messages that wait to be told", (c) => c.pending);
      each("s_oldest_seconds", "Age of the oldest message that waits", (c, now) =>
        c.oldestAt === undefined ? 0 : Math.max(0, (now - c.oldestAt) / 1000),
      );
      each("_channel_up", "1 when the last try worked, 0 when it failed", (c) =>
        c.state === "works" || c.state === "unused" ? 1 : 0,
      );
    },
  };
}

/** Serves GET /metrics. Resolves when it listens; rejects with the system's error. */
export function serveMetrics(metrics: Metrics, host: string, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": metrics.registry.contentType });
    response.end(await metrics.registry.metrics());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
