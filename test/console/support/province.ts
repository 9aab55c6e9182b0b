// A province of a handful of hosts: enough topology for the real correlator, small enough to read.
import type { Asset, Detection, Incident, Registry, Report, Target } from "../../../protocol/index.ts";

export const AGENTS = ["xa-mot", "xa-hai", "bast1"] as const;
const name = (id: string) => ({ vi: id, en: id });

const link = (agent: string): Target => ({
  id: `${agent}/link/hub1~${agent}`,
  agency: agent,
  agent,
  asset: `hub1~${agent}`,
  everyMs: 1000,
  kind: "link",
  expects: { device: "hub1", sessions: [] },
});
const portal = (agent: string): Target => ({
  id: `${agent}/certificate/portal`,
  agency: agent,
  agent,
  asset: "portal",
  everyMs: 1000,
  kind: "certificate",
  expects: { name: "portal.test", port: 443, addresses: ["2001:db8::1"], roots: "", warnFraction: 0.2 },
});
const sshLog: Target = {
  id: "bast1/ssh-log/auth",
  agency: "dc1",
  agent: "bast1",
  asset: "bast1",
  everyMs: 1000,
  kind: "ssh-log",
  expects: { path: "/var/log/auth.log", failures: 5, windowMs: 60_000 },
};

export const TARGETS: Target[] = [link("xa-mot"), portal("xa-mot"), link("xa-hai"), portal("xa-hai"), sshLog];

type Host = Extract<Asset, { kind: "host" }>;
const ROLES: Record<string, Host["role"]> = { core1: "core", hub1: "hub" };
const host = (id: string, role: Host["role"], agency: string): Asset => ({
  id,
  kind: "host",
  role,
  agency,
  name: name(id),
});
const cable = (a: string, b: string): Asset => ({
  id: `${a}~${b}`,
  kind: "link",
  ends: [a, b],
  medium: "dedicated",
  agency: "dc1",
  name: name(`${a}~${b}`),
});

export function sampleRegistry(version = "v1", targets: Target[] = TARGETS): Registry {
  return {
    version,
    province: { id: "thu", name: name("Thử") },
    consoleHost: "console",
    levels: [
      { id: "datacentre", name: name("datacentre") },
      { id: "commune", name: name("commune") },
    ],
    agencies: [
      { id: "dc1", level: "datacentre", name: name("dc1") },
      { id: "xa-mot", level: "commune", name: name("Xã Một") },
      { id: "xa-hai", level: "commune", name: name("Xã Hai") },
    ],
    assets: [
      ...["core1", "hub1", "console", "web1", "bast1"].map((id) => host(id, ROLES[id] ?? "server", "dc1")),
      ...["xa-mot", "xa-hai"].map((id) => host(id, "site", id)),
      ...["console", "web1", "bast1", "hub1"].map((id) => cable("core1", id)),
      ...["xa-mot", "xa-hai"].map((id) => cable("hub1", id)),
      { id: "portal", kind: "service", on: ["web1"], agency: "dc1", name: name("portal") },
    ],
    agents: [
      { id: "xa-mot", agency: "xa-mot", host: "xa-mot" },
      { id: "xa-hai", agency: "xa-hai", host: "xa-hai" },
      { id: "bast1", agency: "dc1", host: "bast1" },
    ],
    targets,
  };
}

export const good = (target: string, at = Date.now()): Report => ({
  type: "report",
  check: target.split("/")[1]!,
  target,
  at,
  tookMs: 1,
  outcome: "ran",
  findings: [],
});

export const bad = (target: string, tag: string, at = Date.now()): Report => ({
  ...(good(target, at) as Extract<Report, { outcome: "ran" }>),
  findings: [{ subject: "portal.test", tag, evidence: { seen: "x" } }],
});

export const attack = (id: string, actor = "2001:db8:bad::1"): Detection => ({
  type: "detection",
  id,
  detector: "ssh-brute-force",
  target: "bast1/ssh-log/auth",
  at: Date.now(),
  class: "ssh-brute-force",
  severity: "high",
  actor,
  count: 6,
  evidence: {},
});

/** An incident as the correlator would make it: that agency saw it, and suffers from it. */
export const incident = (
  id: string,
  over: { agency?: string; openedAt?: number; target?: string } & Partial<Incident> = {},
): Incident => {
  const { agency = "xa-mot", openedAt = 1_800_000_000_000, target = `${agency}/certificate/portal`, ...rest } = over;
  const seen = {
    agent: agency,
    agency,
    check: "certificate",
    target,
    subject: "portal.test",
    tag: "CERT_EXPIRED",
    since: openedAt,
    evidence: { seen: "x" },
  };
  return {
    id,
    cause: { asset: "portal", name: name("portal") },
    class: "certificate",
    severity: "critical",
    state: "new",
    detectedAt: openedAt,
    openedAt,
    impact: { lost: [], degraded: [], affected: [agency] },
    explains: [],
    evidence: [seen],
    history: [{ at: openedAt, by: "machine", what: "opened", reason: { key: "reason.service", facts: {} } }],
    ...rest,
  };
};
