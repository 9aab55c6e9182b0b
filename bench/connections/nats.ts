// The peer: Debian's NATS server, which verifies client certificates and holds as many connections; it keeps nothing of what it takes.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { World } from "../ingest/world.ts";
import { gather } from "./crowd.ts";

const PROGRAM = "/usr/sbin/nats-server";
const PORT = 18_222;

export async function nats(
  world: World,
  crowd: { count: number; processes: number; perSecond: number },
): Promise<{ reconnect_seconds: number; server_mib: number; tries: number } | { missing: string }> {
  if (!existsSync(PROGRAM)) return { missing: "apt-get install --no-install-recommends nats-server" };
  const config = path.join(world.folder, "nats.conf");
  const { certFile, keyFile, clientRootsFile } = world.config.gateway;
  writeFileSync(
    config,
    `listen: "127.0.0.1:${PORT}"\nmax_connections: 100000\nwrite_deadline: "10s"\n` +
      `tls { cert_file: "${certFile}", key_file: "${keyFile}", ca_file: "${clientRootsFile}", verify: true, timeout: 10 }\n`,
  );
  const start = (): ChildProcess => spawn(PROGRAM, ["-c", config], { stdio: "ignore" });
  const clients = await gather(world, { ...crowd, program: "nats-clients.ts", port: PORT, items: 0 });
  let server = start();
  try {
    clients.go();
    await clients.allBack();
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    const began = performance.now();
    server = start();
    await clients.allBack();
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
    const mib = Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
    return { reconnect_seconds: seconds, server_mib: mib, tries: clients.sum().tries };
  } finally {
    clients.end();
    server.kill("SIGKILL");
  }
}
