// A console, its enrolment CA and three agents as processes of their own, each of which comes back when it dies, as systemd would have
// it. The console's record and each agent's state stand on small file systems of their own; each process has a clock and a disk delay
// of its own. What chaos does it does to these: never to the machine.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentStatus, Incident, Item, Target } from "../../../protocol/index.ts";
import { type Process, prepareProcesses, run } from "../../console/support/processes.ts";
import { AGENTS, sampleRegistry } from "../../console/support/province.ts";
import { until } from "../../support/lab.ts";
import { type Wire, wireTo } from "./wire.ts";

export { AGENTS };
export type Victim = "console" | (typeof AGENTS)[number];
export const VICTIMS: Victim[] = ["console", ...AGENTS];

const SLOW_DISK = join(import.meta.dirname, "slow-disk.mjs");
const FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1";
const RECORD_MIB = 256;
const STATE_MIB = 8;
/** As in production, but for a quicker beat: silence means here what it means there. */
const TIMING = { beatMs: 500, silentAfterMs: 6_000, settleMs: 600, recoverMs: 1_000, graceMs: 15_000 };

/** The library by which one process has a clock of its own, where it is installed. */
export const faketime = (): string | undefined => globSync(FAKETIME)[0];

export interface Kept {
  id: number;
  agent: string;
  epoch: number;
  seq: number;
  item: Item;
}

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Starts everything; `stop` ends and removes it. */
export async function makeWorld() {
  const files = await prepareProcesses((config) => {
    config.timing = TIMING;
  });
  const mounts: string[] = [];
  const mount = (path: string, mib: number) => {
    mkdirSync(path, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m,mode=0700`, "tmpfs", path]);
    mounts.push(path);
  };
  mount(files.config.dataDir, RECORD_MIB);

  const metrics = new Map<string, number>();
  const logs = new Map<string, string>();
  const wires = new Map<string, Wire>();
  const configs = new Map<Victim, string>([["console", files.consoleFile]]);
  const states = new Map<Victim, string>([["console", files.config.dataDir]]);
  for (const agent of AGENTS) {
    const wire = await wireTo(files.config.gateway.port);
    wires.set(agent, wire);
    const file = await files.agentFile(agent);
    const config = JSON.parse(readFileSync(file, "utf8"));
    config.console.url = `wss://127.0.0.1:${wire.port}/agent`;
    config.console.enrol = `https://127.0.0.1:${wire.port}/enrol`;
    writeFileSync(file, JSON.stringify(config));
    metrics.set(agent, config.metrics.port);
    mount(config.stateDir, STATE_MIB);
    states.set(agent, config.stateDir);
    configs.set(agent, file);
    logs.set(agent, files.file(`${agent}.log`));
    writeFileSync(logs.get(agent)!, "");
  }
  const clockOf = (who: Victim) => files.file(`${who}.clock`);
  const delayOf = (who: Victim) => files.file(`${who}.delay`);
  for (const who of VICTIMS) {
    writeFileSync(clockOf(who), "+0\n");
    writeFileSync(delayOf(who), "0");
  }

  let serial = 0;
  /** `device`: what the link that is mended once is said to be. */
  const assign = (device: string) => {
    serial++;
    const targets = targetsOf(logs, device);
    writeFileSync(files.config.registryFile, JSON.stringify(sampleRegistry(`v${serial}`, targets)));
    const signed = AGENTS.map((agent) =>
      files.signed(
        agent,
        serial,
        targets.filter((t) => t.agent === agent),
      ),
    );
    writeFileSync(files.config.assignmentsFile, JSON.stringify(signed));
  };
  assign("vg-none-2");

  const running = new Map<Victim, Process>();
  let isOver = false;
  const start = (who: Victim) => {
    const library = faketime();
    const env = {
      VONGGAC_CHAOS_DELAY: delayOf(who),
      ...(library && {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clockOf(who),
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      }),
    };
    const main = who === "console" ? "console/main.ts" : "agent/main.ts";
    const process = run(main, configs.get(who)!, { env, node: ["--import", SLOW_DISK] });
    running.set(who, process);
    void process.exited.then(() => {
      // systemd's RestartSec is a second; a console of which the disk is full may end more than once.
      if (!isOver) setTimeout(() => !isOver && start(who), 300);
      said.set(who, `${said.get(who) ?? ""}${process.output()}`);
      running.delete(who);
    });
  };
  const said = new Map<Victim, string>();
  const ca = await files.startCa();
  for (const who of VICTIMS) start(who);

  const world = {
    files,
    logs,
    wires,
    states,
    assign,
    admin: files.admin,
    output: (who: Victim) => `${said.get(who) ?? ""}${running.get(who)?.output() ?? ""}`,
    /** What is between two lives already is left alone. */
    kill: async (who: Victim) => running.get(who)?.kill("SIGKILL"),
    setClock: (who: Victim, offset: string) => writeFileSync(clockOf(who), `${offset}\n`),
    setDelay: (who: Victim, ms: number) => writeFileSync(delayOf(who), String(ms)),
    incidents: () => files.admin<Incident[]>("/incidents"),
    allLive: (withinMs: number) =>
      until("every agent is live", withinMs, async () =>
        (await files.admin<AgentStatus[]>("/agents")).every((a) => a.presence === "live"),
      ),
    /** An outbox that a full disk drove into memory is lost with a kill: it must be back before the next round. */
    allOnDisk: (withinMs: number) =>
      until("every outbox is on disk", withinMs, async () => {
        for (const port of metrics.values()) {
          const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
          if (!/^vonggac_agent_outbox_in_memory 0$/m.test(text)) return false;
        }
        return true;
      }),
    /** What the record holds beyond that number. */
    async itemsAfter(id: number): Promise<Kept[]> {
      const kept: Kept[] = [];
      for (;;) {
        const page = await files.admin<Kept[]>(`/items?after=${kept.at(-1)?.id ?? id}&limit=5000`);
        if (page.length === 0) return kept;
        kept.push(...page);
      }
    },
    async stop() {
      isOver = true;
      await Promise.all([...running.values(), ca].map((p) => p.kill("SIGKILL")));
      for (const wire of wires.values()) wire.close();
      for (const path of mounts) execFileSync("umount", [path]);
      files.end();
    },
  };
  return world;
}

/** A log of sshd for each agent; a link that is broken for good, and one that is broken until it is said to be `device`. */
function targetsOf(logs: Map<string, string>, device: string): Target[] {
  const link = (agent: string, upper: string, name: string): Target => ({
    id: `${agent}/link/${upper}~${agent}`,
    agency: agencyOf(agent),
    agent,
    asset: `${upper}~${agent}`,
    everyMs: 500,
    kind: "link",
    expects: { device: name, sessions: [] },
  });
  const log = (agent: string): Target => ({
    id: `${agent}/ssh-log/auth`,
    agency: agencyOf(agent),
    agent,
    asset: agent,
    everyMs: 200,
    kind: "ssh-log",
    expects: { path: logs.get(agent)!, failures: 5, windowMs: 60_000 },
  });
  return [link("xa-mot", "hub1", "vg-none-1"), link("bast1", "core1", device), ...AGENTS.map(log)];
}

const agencyOf = (agent: string) => (agent === "bast1" ? "dc1" : agent);
