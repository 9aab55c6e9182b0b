// `npm run bench -- NAME [--json]`: runs one benchmark, ours and its peers in one run, and prints one JSON object (or the
// same as a table). Without a name it lists them.

type Run = (args: string[]) => Promise<unknown>;
/** Loaded only when it is asked for: one bench must not fail for what another needs. */
type Bench = { about: string; load: () => Promise<Run> };

const BENCHES: Record<string, Bench> = {
  dnssec: {
    about: "one audit of a signed tree beside unbound-host, delv, drill, dnsviz and zonemaster (root)",
    load: () => import("./dnssec.ts").then((m) => m.dnssec),
  },
  plan: {
    about: "seconds from province.yaml to the texts of every host, for 1,000 and 10,000 agencies",
    load: () => import("./plan.ts").then((m) => m.plan),
  },
  detect: {
    about: "seconds from the kernel's change to the incident in the page, for each of the five faults (root)",
    load: () => import("./detect.ts").then((m) => m.detect),
  },
  correlate: {
    about: "microseconds a step of the correlator, with 10, 10,000 and 100,000 alerts open",
    load: () => import("./correlate.ts").then((m) => m.correlate),
  },
  connections: {
    about: "seconds until 19,000 agents are back over mutual TLS after the console was killed, beside NATS",
    load: () => import("./connections.ts").then((m) => m.connections),
  },
  ingest: {
    about: "items a second that the console keeps, acknowledged and correlated, beside Alertmanager",
    load: () => import("./ingest.ts").then((m) => m.ingest),
  },
  lab: {
    about: "a hundred agencies up by the real engine, and up again, beside the bare `ip -batch` floor (root)",
    load: () => import("./lab.ts").then((m) => m.lab),
  },
};

const [name, ...args] = process.argv.slice(2).filter((a) => a !== "--json");
const bench = name === undefined ? undefined : BENCHES[name];
if (name === undefined) {
  for (const [n, b] of Object.entries(BENCHES)) console.log(`${n.padEnd(12)} ${b.about}`);
} else if (!bench) {
  console.error(`no benchmark named "${name}"; there are: ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  console.log(JSON.stringify(await (await bench.load())(args), null, process.argv.includes("--json") ? 0 : 2));
}
