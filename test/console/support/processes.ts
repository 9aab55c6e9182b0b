// Console, enrolment CA and agents as processes of their own, on loopback, with a folder that is theirs.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConsoleConfig } from "../../../console/config.ts";
import type { Assignment, SignedAssignment, Target } from "../../../protocol/index.ts";
import { freePort } from "../../support/port.ts";
import { adminCall, eventually, prepare } from "./rig.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

export interface Process {
  child: ChildProcess;
  /** Everything that it wrote. */
  output(): string;
  exited: Promise<number | null>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** `how`: more of the environment, options of Node itself, and the command within which it runs. */
export function run(
  main: string,
  configFile: string,
  how: { env?: Record<string, string>; node?: string[]; within?: string[] } = {},
): Process {
  const argv = [process.execPath, ...(how.node ?? []), join(ROOT, main), "--config", configFile];
  const [command = "", ...args] = [...(how.within ?? []), ...argv];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...how.env },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (d: Buffer) => {
      text += d;
    });
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return {
    child,
    output: () => text,
    exited,
    async kill(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
    },
  };
}

/** Files of a console and a CA, with fixed ports, so that a console that was killed comes back where it was. */
export async function prepareProcesses(change: (config: ConsoleConfig) => void = () => {}) {
  const { folder, config, agentsCa, serverCa } = await prepare();
  const file = (name: string) => join(folder, name);
  config.gateway.port = await freePort();
  config.screen.port = await freePort();
  config.logLevel = "info";
  change(config);
  const consoleFile = file("console.json");
  writeFileSync(consoleFile, JSON.stringify(config));
  writeFileSync(file("agents-ca.key"), agentsCa.key, { mode: 0o600 });
  const caFile = file("ca.json");
  writeFileSync(
    caFile,
    JSON.stringify({
      socket: config.enrolSocket,
      caCertFile: file("agents-ca.crt"),
      caKeyFile: file("agents-ca.key"),
      tokensFile: file("tokens.json"),
      stateDir: file("ca-state"),
      days: 30,
    }),
  );
  const signer = generateKeyPairSync("ed25519");
  const tokens = new Map<string, string>();
  return {
    folder,
    file,
    config,
    agentsCa,
    serverCa,
    consoleFile,
    caFile,
    startConsole: async (how?: Parameters<typeof run>[2]): Promise<Process> => {
      const started = run("console/main.ts", consoleFile, how);
      await eventually(
        "the console listens",
        () => started.output().includes("console-started") || started.child.exitCode !== null,
        15_000,
      );
      return started;
    },
    startCa: async (): Promise<Process> => {
      const started = run("console/enrol-ca/main.ts", caFile);
      await eventually(
        "the CA listens",
        () => started.output().includes("ca-started") || started.child.exitCode !== null,
        15_000,
      );
      return started;
    },
    admin: <T>(path: string, method?: string) => adminCall<T>(config.adminSocket, path, method),
    signed(agent: string, serial: number, targets: Target[]): SignedAssignment {
      const assignment: Assignment = { agent, serial, targets };
      const payload = JSON.stringify(assignment);
      return { agent, payload, signature: sign(null, Buffer.from(payload), signer.privateKey).toString("base64") };
    },
    newToken(agent: string): string {
      tokens.set(agent, `token-of-${agent}-${tokens.size}`);
      const rows = [...tokens].map(([a, t]) => ({
        agent: a,
        sha256: createHash("sha256").update(t).digest("hex"),
        expiresAt: Date.now() + 600_000,
      }));
      writeFileSync(file("tokens.json"), JSON.stringify(rows), { mode: 0o640 });
      return tokens.get(agent)!;
    },
    /** agent.json and what it names. */
    async agentFile(agent: string): Promise<string> {
      const at = (name: string) => file(`${agent}-${name}`);
      writeFileSync(at("roots.pem"), serverCa.cert);
      writeFileSync(at("config-key.pem"), signer.publicKey.export({ type: "spki", format: "pem" }));
      writeFileSync(at("token"), this.newToken(agent), { mode: 0o600 });
      writeFileSync(
        at("agent.json"),
        JSON.stringify({
          agent,
          console: {
            url: `wss://127.0.0.1:${config.gateway.port}/agent`,
            enrol: `https://127.0.0.1:${config.gateway.port}/enrol`,
            serverName: "console.test",
          },
          rootsFile: at("roots.pem"),
          configKeyFile: at("config-key.pem"),
          tokenFile: at("token"),
          stateDir: at("state"),
          metrics: { host: "127.0.0.1", port: await freePort() },
          outboxItems: 10_000,
          logLevel: "info",
        }),
      );
      return at("agent.json");
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
