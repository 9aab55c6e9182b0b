// A whole console on loopback with a folder of its own: real TLS, real SQLite, the real correlator.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import type { ConsoleConfig } from "../../../console/config.ts";
import { type RunningConsole, startConsole } from "../../../console/console.ts";
import { createLog } from "../../../console/log.ts";
import type { Registry, SignedAssignment } from "../../../protocol/index.ts";
import type { Door } from "./client.ts";
import { agentLeaf, makeCa, type Pair, serverLeaf } from "./pki.ts";
import { sampleRegistry } from "./province.ts";

export interface Rig {
  folder: string;
  config: ConsoleConfig;
  agentsCa: Pair;
  serverCa: Pair;
  console: RunningConsole;
  door(agent: string): Promise<Door>;
  doorWith(client: Pair | undefined): Door;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops and removes everything. */
  end(): Promise<void>;
  writeRegistry(registry: Registry): void;
  writeAssignments(assignments: SignedAssignment[] | string): void;
  admin<T>(path: string, method?: string): Promise<T>;
}

export const QUICK = { beatMs: 200, silentAfterMs: 1_000, settleMs: 100, recoverMs: 200, graceMs: 500 };

/** Writes all files that a console needs into a new folder. Nothing runs yet. */
export async function prepare(folder = mkdtempSync(joinPath(tmpdir(), "vonggac-console-"))) {
  const [agentsCa, serverCa] = [await makeCa("agents"), await makeCa("servers")];
  const server = await serverLeaf(serverCa);
  const file = (name: string) => joinPath(folder, name);
  writeFileSync(file("gateway.crt"), server.cert);
  writeFileSync(file("gateway.key"), server.key, { mode: 0o600 });
  writeFileSync(file("agents-ca.crt"), agentsCa.cert);
  writeFileSync(file("registry.json"), JSON.stringify(sampleRegistry()));
  writeFileSync(file("assignments.json"), "[]");
  const config: ConsoleConfig = {
    gateway: {
      host: "127.0.0.1",
      port: 0,
      certFile: file("gateway.crt"),
      keyFile: file("gateway.key"),
      clientRootsFile: file("agents-ca.crt"),
    },
    screen: { host: "127.0.0.1", port: 0, url: "http://127.0.0.1:8080" },
    adminSocket: file("admin.sock"),
    enrolSocket: file("enrol.sock"),
    registryFile: file("registry.json"),
    assignmentsFile: file("assignments.json"),
    dataDir: file("record"),
    metrics: { host: "127.0.0.1", port: 0 },
    timing: QUICK,
    logLevel: (process.env["VONGGAC_TEST_LOG"] ?? "silent") as ConsoleConfig["logLevel"],
  };
  return { folder, config, agentsCa, serverCa };
}

export async function startRig(change: (config: ConsoleConfig) => void = () => {}): Promise<Rig> {
  const { folder, config, agentsCa, serverCa } = await prepare();
  change(config);
  const log = createLog(config.logLevel);
  let running = await startConsole(config, log);
  let stopped = false;
  const replace = (path: string, text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const rig: Rig = {
    folder,
    config,
    agentsCa,
    serverCa,
    get console() {
      return running;
    },
    door: async (agent) => rig.doorWith(await agentLeaf(agentsCa, agent)),
    doorWith: (client) => ({ port: running.gatewayPort, roots: serverCa.cert, ...(client ? { client } : {}) }),
    async start() {
      running = await startConsole(config, log);
      stopped = false;
    },
    async stop() {
      if (!stopped) await running.close();
      stopped = true;
    },
    async end() {
      await rig.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    writeRegistry: (registry) => replace(config.registryFile, JSON.stringify(registry)),
    writeAssignments: (a) => replace(config.assignmentsFile, typeof a === "string" ? a : JSON.stringify(a)),
    admin: (path, method) => adminCall(config.adminSocket, path, method),
  };
  return rig;
}

/** One request to an admin socket. */
export function adminCall<T>(socketPath: string, path: string, method = "GET"): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (d: string) => {
        text += d;
      });
      response.on("end", () => resolve(JSON.parse(text) as T));
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Waits until `holds` gives something. */
export async function eventually<T>(
  what: string,
  holds: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 5_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await holds();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
