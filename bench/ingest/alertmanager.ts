// The peer: Debian's Alertmanager, distinct alerts in batches of 500 over plain HTTP. Nothing that it answers for is on a disk.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = "/usr/bin/prometheus-alertmanager";
const PORT = 18_092;
const BATCH = 500;
const CLIENTS = 8;

export async function alertmanager(ms: number): Promise<{ items_per_second: number } | { missing: string }> {
  if (!existsSync(PROGRAM)) return { missing: "apt-get install --no-install-recommends prometheus-alertmanager" };
  const folder = mkdtempSync(path.join(tmpdir(), "vonggac-alertmanager-"));
  const config = path.join(folder, "config.yml");
  writeFileSync(config, "route: { receiver: none, group_by: [alertname] }\nreceivers: [{ name: none }]\n");
  const args = [`--config.file=${config}`, `--storage.path=${folder}`, `--web.listen-address=127.0.0.1:${PORT}`];
  const child = spawn(PROGRAM, [...args, "--cluster.listen-address=", "--log.level=error"], { stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  try {
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    for (let tries = 0; tries < 100 && !(await posted(agent, "[]").catch(() => false)); tries++) await sleep(100);
    const began = performance.now();
    let batches = 0;
    let number = 0;
    const client = async () => {
      while (performance.now() - began < ms) {
        if (!(await posted(agent, batch(number++)))) throw new Error("alertmanager refused a batch");
        batches += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const seconds = (performance.now() - began) / 1000;
    agent.destroy();
    return { items_per_second: Math.round((batches * BATCH) / seconds) };
  } finally {
    child.kill("SIGKILL");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

function batch(n: number): string {
  const alerts = Array.from({ length: BATCH }, (_, i) => ({
    labels: {
      alertname: "CERT_EXPIRED",
      agency: `a${i % 200}`,
      target: `certificate/portal/${n}-${i}`,
      severity: "high",
    },
    annotations: { path: "core1 hub1", issuer: "x".repeat(100) },
  }));
  return JSON.stringify(alerts);
}

const posted = (agent: Agent, body: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { agent, port: PORT, host: "127.0.0.1", path: "/api/v2/alerts", method: "POST", headers };
    const sent = request(options, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    sent.on("error", reject);
    sent.end(body);
  });
