// A province of N agents for benches of the console: each on a site of its own behind one of two hubs, with four certificate
// targets, one that turns good and bad, and a log. Files of a console and the agents' certificates are made anew each time.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ConsoleConfig } from "../../console/config.ts";
import type { Asset, Registry, Target } from "../../protocol/index.ts";
import { agentLeaf, makeCa, type Pair, serverLeaf } from "../../test/console/support/pki.ts";

const name = (id: string) => ({ vi: id, en: id });
export const agentId = (i: number) => `a${String(i).padStart(5, "0")}`;
export const SERVICES = ["portal", "mail", "forms", "maps", "turn"];

function targetsOf(agent: string): Target[] {
  const of = { agency: agent, agent, everyMs: 60_000 };
  return [
    ...SERVICES.map((s): Target => {
      const expects = { name: `${s}.test`, port: 443, addresses: ["2001:db8::1"], roots: "", warnFraction: 0.2 };
      return { ...of, id: `${agent}/certificate/${s}`, asset: `${agent}-${s}`, kind: "certificate", expects };
    }),
    {
      ...of,
      id: `${agent}/ssh-log/${agent}`,
      asset: agent,
      kind: "ssh-log",
      expects: { path: "/var/log/auth.log", failures: 5, windowMs: 60_000 },
    },
  ];
}

/** A registry of `agents` sites, one agent each. */
export function provinceOf(agents: number): Registry {
  const ids = Array.from({ length: agents }, (_, i) => agentId(i));
  const host = (id: string, role: string, agency: string): Asset =>
    ({ id, kind: "host", role, agency, name: name(id) }) as Asset;
  const cable = (a: string, b: string): Asset => ({
    id: `${a}~${b}`,
    kind: "link",
    ends: [a, b],
    medium: "dedicated",
    agency: "dc1",
    name: name(`${a}~${b}`),
  });
  return {
    version: `bench-${agents}`,
    province: { id: "bench", name: name("bench") },
    consoleHost: "console",
    levels: [
      { id: "datacentre", name: name("datacentre") },
      { id: "commune", name: name("commune") },
    ],
    agencies: [
      { id: "dc1", level: "datacentre", name: name("dc1") },
      ...ids.map((id) => ({ id, level: "commune", name: name(id) })),
    ],
    assets: [
      host("core1", "core", "dc1"),
      host("hub1", "hub", "dc1"),
      host("hub2", "hub", "dc1"),
      host("console", "server", "dc1"),
      cable("core1", "hub1"),
      cable("core1", "hub2"),
      cable("core1", "console"),
      ...ids.flatMap((id, i) => [host(id, "site", id), cable(`hub${(i % 2) + 1}`, id)]),
      ...ids.flatMap((id) =>
        SERVICES.map((s): Asset => ({ id: `${id}-${s}`, kind: "service", on: [id], agency: id, name: name(s) })),
      ),
    ],
    agents: ids.map((id) => ({ id, agency: id, host: id })),
    targets: ids.flatMap(targetsOf),
  };
}

export interface World {
  folder: string;
  configFile: string;
  config: ConsoleConfig;
  /** Roots by which a client knows the gateway. */
  roots: string;
  agentsCa: Pair;
  clientOf(i: number): Promise<Pair>;
  end(): void;
}

/** Writes everything that `console/main.ts --config` needs. VONGGAC_BENCH_DIR is on a real disk, or fsync costs nothing. */
export async function prepareWorld(agents: number, change: (config: ConsoleConfig) => void = () => {}): Promise<World> {
  const parent = process.env["VONGGAC_BENCH_DIR"] ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, "vonggac-bench-"));
  const at = (file: string) => path.join(folder, file);
  const [agentsCa, serverCa] = [await makeCa("agents"), await makeCa("servers")];
  const server = await serverLeaf(serverCa);
  writeFileSync(at("gateway.crt"), server.cert);
  writeFileSync(at("gateway.key"), server.key, { mode: 0o600 });
  writeFileSync(at("agents-ca.crt"), agentsCa.cert);
  writeFileSync(at("registry.json"), JSON.stringify(provinceOf(agents)));
  writeFileSync(at("assignments.json"), "[]");
  const config: ConsoleConfig = {
    gateway: {
      host: "127.0.0.1",
      port: 18_443,
      certFile: at("gateway.crt"),
      keyFile: at("gateway.key"),
      clientRootsFile: at("agents-ca.crt"),
    },
    screen: { host: "127.0.0.1", port: 18_090, url: "http://127.0.0.1:18090" },
    adminSocket: at("admin.sock"),
    enrolSocket: at("enrol.sock"),
    registryFile: at("registry.json"),
    assignmentsFile: at("assignments.json"),
    dataDir: at("record"),
    metrics: { host: "127.0.0.1", port: 18_091 },
    timing: { beatMs: 2_000, silentAfterMs: 6_000, settleMs: 600, recoverMs: 3_000 },
    logLevel: "warn",
  };
  change(config);
  writeFileSync(at("console.json"), JSON.stringify(config));
  return {
    folder,
    configFile: at("console.json"),
    config,
    roots: serverCa.cert,
    agentsCa,
    clientOf: (i) => agentLeaf(agentsCa, agentId(i)),
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
