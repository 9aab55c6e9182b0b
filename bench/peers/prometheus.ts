// The peer of `bench detect`: Debian's Prometheus, blackbox_exporter and Alertmanager inside the lab, where the console stands, with the
// intervals that their own documentation shows (scrape 15 s, evaluation 15 s, group_wait 30 s). It stops at the webhook: no page.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "../../protocol/index.ts";
import { namespaceOf } from "../../test/support/lab.ts";

const PROGRAMS = ["prometheus", "prometheus-blackbox-exporter", "prometheus-alertmanager"];
export const whyNoPrometheus = (): string | undefined => {
  const missing = PROGRAMS.filter((p) => !existsSync(`/usr/bin/${p}`));
  return missing.length > 0 ? `not installed: apt-get install ${missing.join(" ")}` : undefined;
};

const WEBHOOK = `
require("node:http").createServer((req, res) => {
  let text = "";
  req.on("data", (d) => { text += d; });
  req.on("end", () => {
    for (const a of JSON.parse(text).alerts) if (a.status === "firing")
      console.log(JSON.stringify({ at: Date.now(), instance: a.labels.instance }));
    res.end();
  });
}).listen(9099, "127.0.0.1");`;

/** Addresses that a plain probe would watch: the far ends of agencies' links, the portal over TLS, a name at the resolver. */
function jobs(registry: Registry): { job: string; module: string; targets: string[] }[] {
  const sites = new Set(registry.assets.filter((a) => a.kind === "host" && a.role === "site").map((a) => a.id));
  const links = registry.targets.flatMap((t) =>
    t.kind === "link" && sites.has(t.agent)
      ? t.expects.sessions.filter((s) => s.local.includes(":")).map((s) => s.local)
      : [],
  );
  const portal = registry.targets.find((t) => t.kind === "certificate");
  const resolver = registry.targets.find((t) => t.kind === "resolver");
  return [
    { job: "links", module: "icmp", targets: links },
    {
      job: "portal",
      module: "tls",
      targets:
        portal?.kind === "certificate" ? portal.expects.addresses.map((a) => hostPort(a, portal.expects.port)) : [],
    },
    {
      job: "names",
      module: "name",
      targets: resolver?.kind === "resolver" ? [hostPort(resolver.expects.address, 53)] : [],
    },
  ];
}
const hostPort = (address: string, port: number) =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

const BLACKBOX = (name: string) => `
modules:
  icmp: { prober: icmp, timeout: 5s, icmp: { preferred_ip_protocol: ip6 } }
  tls: { prober: tcp, timeout: 5s, tcp: { tls: true, tls_config: { insecure_skip_verify: true, server_name: ${name} } } }
  name: { prober: dns, timeout: 5s, dns: { query_name: ${name}, query_type: A, valid_rcodes: [NOERROR] } }
`;
const ALERTMANAGER = `
route: { receiver: hook, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 3h }
receivers: [{ name: hook, webhook_configs: [{ url: "http://127.0.0.1:9099/" }] }]
`;
const RULES = `
groups:
  - name: probes
    rules:
      - { alert: ProbeFailed, expr: probe_success == 0 }
      - { alert: CertificateExpired, expr: probe_ssl_earliest_cert_expiry - time() < 0 }
`;
const scrape = (j: { job: string; module: string; targets: string[] }) => `
  - job_name: ${j.job}
    metrics_path: /probe
    params: { module: [${j.module}] }
    static_configs: [{ targets: ${JSON.stringify(j.targets)} }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: "127.0.0.1:9115" }`;

/** A fresh set of the three; a fault that an earlier one grouped away would not be heard at all. */
export async function startPrometheus(registry: Registry, host: string) {
  const dir = mkdtempSync(path.join(tmpdir(), "vonggac-prometheus-"));
  const file = (name: string, text: string) => {
    writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  const portal = registry.targets.find((t) => t.kind === "certificate");
  const name = portal?.kind === "certificate" ? portal.expects.name : "portal";
  const rules = file("rules.yml", RULES);
  const config = `
global: { scrape_interval: 15s, evaluation_interval: 15s }
rule_files: [${rules}]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:9093"] }] }] }
scrape_configs:${jobs(registry).map(scrape).join("")}
`;
  const started: ChildProcess[] = [];
  const heard: { at: number; instance: string }[] = [];
  const start = (argv: string[], onLine?: (line: string) => void) => {
    const child = spawn("ip", ["netns", "exec", namespaceOf(host), ...argv], {
      cwd: dir,
      stdio: ["ignore", onLine ? "pipe" : "ignore", "ignore"],
    });
    child.stdout?.setEncoding("utf8").on("data", (d: string) => d.split("\n").filter(Boolean).forEach(onLine!));
    started.push(child);
  };
  start([process.execPath, "-e", WEBHOOK], (line) => heard.push(JSON.parse(line)));
  start([
    "prometheus-blackbox-exporter",
    `--config.file=${file("blackbox.yml", BLACKBOX(name))}`,
    "--web.listen-address=127.0.0.1:9115",
  ]);
  start([
    "prometheus-alertmanager",
    `--config.file=${file("alertmanager.yml", ALERTMANAGER)}`,
    `--storage.path=${path.join(dir, "am")}`,
    "--web.listen-address=127.0.0.1:9093",
    "--cluster.listen-address=",
  ]);
  start([
    "prometheus",
    `--config.file=${file("prometheus.yml", config)}`,
    `--storage.tsdb.path=${path.join(dir, "tsdb")}`,
    "--web.listen-address=127.0.0.1:9090",
  ]);
  await sleep(20_000);
  return {
    /** Milliseconds since 1970 of the first notification after `since`, or null after `timeoutMs`. */
    async firstAfter(since: number, timeoutMs: number): Promise<number | null> {
      const end = Date.now() + timeoutMs;
      while (Date.now() < end) {
        const hit = heard.find((h) => h.at >= since);
        if (hit) return hit.at;
        await sleep(50);
      }
      return null;
    },
    /** Notifications while nothing was broken: then the comparison is void. */
    falseAlarms: () => heard.length,
    async stop(): Promise<void> {
      for (const child of started) child.kill("SIGKILL");
      await Promise.all(
        started.map((c) =>
          c.exitCode === null && c.signalCode === null ? new Promise((r) => c.once("exit", r)) : null,
        ),
      );
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
