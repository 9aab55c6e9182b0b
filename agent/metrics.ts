// What the agent counts, for Prometheus on loopback. The counters are plain numbers; prom-client, which costs 8 MiB, is
// loaded when somebody asks for the first time, and not before.
import { createServer, type Server } from "node:http";

/** Numbers by labels, the labels as one text `a="b"`, made by `labelled`. */
export class Tally {
  readonly values = new Map<string, { labels: Record<string, string>; value: number }>();

  add(labels: Record<string, string>, by = 1): void {
    const key = JSON.stringify(labels);
    const kept = this.values.get(key);
    if (kept) kept.value += by;
    else this.values.set(key, { labels, value: by });
  }
}

export interface AgentMetrics {
  runs: Tally;
  runSeconds: Tally;
  detections: Tally;
  acks: Tally;
  connections: Tally;
  troubles: Tally;
}

export const newMetrics = (): AgentMetrics => ({
  runs: new Tally(),
  runSeconds: new Tally(),
  detections: new Tally(),
  acks: new Tally(),
  connections: new Tally(),
  troubles: new Tally(),
});

/** What stands now, asked at each scrape. */
export interface Levels {
  targets: number;
  findings: number;
  outboxEntries: number;
  outboxInMemory: boolean;
  connected: boolean;
  configSerial: number;
}

const COUNTERS: readonly [keyof AgentMetrics, string, string, string[]][] = [
  ["runs", "vonggac_agent_runs_total", "Runs of checks by outcome", ["check", "outcome"]],
  ["runSeconds", "vonggac_agent_run_seconds_total", "Time that runs took", ["check"]],
  ["detections", "vonggac_agent_detections_total", "Detections by detector", ["detector"]],
  ["acks", "vonggac_agent_acks_total", "Acknowledgements from the console", []],
  ["connections", "vonggac_agent_connections_total", "Connections made to the console", []],
  ["troubles", "vonggac_agent_troubles_total", "Named troubles of the agent itself", ["code"]],
];

/** The text of /metrics. Numbers are copied into a registry of its own for each scrape. */
export async function render(metrics: AgentMetrics, levels: Levels): Promise<string> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  for (const [name, id, help, labelNames] of COUNTERS) {
    const counter = new Counter({ name: id, help, labelNames, registers: [registry] });
    for (const { labels, value } of metrics[name].values.values()) counter.inc(labels, value);
  }
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `vonggac_agent_${name}`, help, registers: [registry] }).set(value);
  gauge("targets", "Targets watched", levels.targets);
  gauge("findings", "Findings that stand", levels.findings);
  gauge("outbox_entries", "Entries kept for the console", levels.outboxEntries);
  gauge("outbox_in_memory", "1 while the disk refuses the outbox", Number(levels.outboxInMemory));
  gauge("connected", "1 while the console is connected", Number(levels.connected));
  gauge("config_serial", "Serial of the assignment in force", levels.configSerial);
  gauge("resident_memory_bytes", "Resident memory", process.memoryUsage.rss());
  const { user, system } = process.cpuUsage();
  gauge("cpu_seconds", "Processor time used", (user + system) / 1e6);
  return registry.metrics();
}

/** Answers GET /metrics. The port is for this machine only: host is a loopback address. */
export function serveMetrics(host: string, port: number, text: () => Promise<string>): Server {
  const server = createServer(async (request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    try {
      const body = await text();
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(body);
    } catch {
      response.writeHead(500).end();
    }
  });
  server.listen(port, host);
  return server;
}
