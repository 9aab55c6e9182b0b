// A small province for the correlator's tests: core, two hubs, a department on both, three communes, and a portal.
import {
  type Change,
  type Input,
  initialState,
  nextWake,
  type Settings,
  type State,
  step,
} from "../../../console/correlate/index.ts";
import {
  type Act,
  type Asset,
  type Detection,
  type Incident,
  phaseOf,
  type Registry,
  type Report,
  type Target,
} from "../../../protocol/index.ts";

const name = (id: string) => ({ vi: id, en: id });
const host = (id: string, role: string, agency = id): Asset =>
  ({ id, kind: "host", role, agency, name: name(id) }) as Asset;
const link = (a: string, b: string): Asset => ({
  id: `${a}~${b}`,
  kind: "link",
  ends: [a, b],
  medium: "dedicated",
  agency: "dc1",
  name: name(`${a}~${b}`),
});
const sites = ["dept", "both", "only1", "only2"];
const links = [
  link("core1", "hub1"),
  link("core1", "hub2"),
  link("core1", "web1"),
  link("core1", "console"),
  link("hub1", "dept"),
  link("hub2", "dept"),
  link("hub1", "both"),
  link("hub2", "both"),
  link("hub1", "only1"),
  link("hub2", "only2"),
];
const agentHosts = ["core1", "hub1", "hub2", ...sites];

const targets: Target[] = [];
for (const l of links)
  for (const end of (l as { ends: string[] }).ends)
    if (agentHosts.includes(end))
      targets.push({
        id: `${end}/link/${l.id}`,
        kind: "link",
        agency: sites.includes(end) ? end : "dc1",
        agent: end,
        asset: l.id,
        everyMs: 500,
        expects: { device: "x", sessions: [] },
      });
for (const s of sites) {
  const of = { agency: s, agent: s, everyMs: 4000 };
  targets.push({
    ...of,
    id: `${s}/certificate/portal`,
    kind: "certificate",
    asset: "portal",
    expects: { name: "portal", port: 443, addresses: ["2001:db8::80"], roots: "", warnFraction: 0.3 },
  });
  targets.push({
    ...of,
    id: `${s}/ipv6/portal`,
    kind: "ipv6",
    asset: s,
    expects: { prefix: "2001:db8::/64", service: { name: "portal", address: "2001:db8::80", port: 443 } },
  });
  targets.push({
    ...of,
    id: `${s}/ssh-log/${s}`,
    kind: "ssh-log",
    asset: s,
    expects: { path: "/var/log/sshd", failures: 5, windowMs: 60_000 },
  });
}

export const registry: Registry = {
  version: "1",
  province: { id: "p", name: name("p") },
  consoleHost: "console",
  levels: [{ id: "province", name: name("province") }],
  agencies: ["dc1", ...sites].map((id) => ({ id, level: id === "dc1" ? "datacentre" : "province", name: name(id) })),
  assets: [
    host("core1", "core", "dc1"),
    host("hub1", "hub", "dc1"),
    host("hub2", "hub", "dc1"),
    host("web1", "server", "dc1"),
    host("console", "server", "dc1"),
    ...sites.map((s) => host(s, "site")),
    ...links,
    { id: "portal", kind: "service", on: ["web1"], agency: "dc1", name: name("portal") },
  ],
  agents: agentHosts.map((id) => ({ id, agency: sites.includes(id) ? id : "dc1", host: id })),
  targets,
};

export const SETTINGS = { settleMs: 600, recoverMs: 3_000, graceMs: 15_000 };

/** The correlator with a clock that the test moves; everything starts healthy and live. */
export class Desk {
  now = 1_000_000;
  state: State;
  incidents = new Map<string, Incident>();
  readonly log: { input: Input; now: number }[] = [];

  constructor(healthy = true, settings: Settings = SETTINGS) {
    this.state = initialState(settings);
    this.feed({ type: "registry", registry });
    if (!healthy) return;
    for (const a of registry.agents) this.feed({ type: "presence", agent: a.id, presence: "live", since: this.now });
    for (const t of registry.targets) this.good(t.id);
  }

  feed(input: Input): Change[] {
    this.log.push({ input, now: this.now });
    const changes = step(this.state, input, this.now);
    for (const c of changes) this.incidents.set(c.incident.id, structuredClone(c.incident));
    return changes;
  }

  /** Moves time, waking the correlator whenever it asked for it. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (let guard = 0; guard < 10_000; guard++) {
      const at = nextWake(this.state);
      if (at === undefined || at > end) break;
      this.now = Math.max(this.now, at);
      this.feed({ type: "tick" });
    }
    this.now = end;
  }

  report(target: string, tags: string[], subject = "s"): void {
    const t = registry.targets.find((x) => x.id === target)!;
    const report: Report = {
      type: "report",
      check: t.kind,
      target,
      at: this.now,
      tookMs: 1,
      outcome: "ran",
      findings: tags.map((tag) => ({ subject, tag, evidence: {} })),
    };
    this.feed({ type: "report", agent: t.agent, report, receivedAt: this.now });
  }
  good(target: string): void {
    this.report(target, []);
  }
  silent(...agents: string[]): void {
    for (const agent of agents) this.feed({ type: "presence", agent, presence: "silent", since: this.now });
  }
  live(...agents: string[]): void {
    for (const agent of agents) this.feed({ type: "presence", agent, presence: "live", since: this.now });
  }
  /** The live ends of a link say that it is down, or up. */
  link(id: string, ends: string[], tag?: string): void {
    for (const end of ends) this.report(`${end}/link/${id}`, tag ? [tag] : []);
  }
  attack(site: string, actor: string, o: { at?: number; evidence?: Detection["evidence"] } = {}): Change[] {
    const detection: Detection = {
      type: "detection",
      id: `${site}-${this.log.length}`,
      detector: "ssh-brute-force",
      target: `${site}/ssh-log/${site}`,
      at: o.at ?? this.now,
      class: "ssh-brute-force",
      severity: "high",
      actor,
      count: 5,
      evidence: o.evidence ?? {},
    };
    return this.feed({ type: "detection", agent: site, detection, receivedAt: this.now });
  }
  act(account: string, incident: string, act: Act): Change[] {
    const kept = this.incidents.get(incident);
    return this.feed({ type: "person", account, incident, act, ...(kept?.state === "closed" ? { kept } : {}) });
  }
  open(): Incident[] {
    return [...this.incidents.values()].filter((i) => phaseOf(i) === "open");
  }
}
