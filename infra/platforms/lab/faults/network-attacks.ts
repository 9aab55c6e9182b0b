// Somebody on the Internet knocks at many ports of a host, or sends more than anybody asked for: real packets, few enough for the
// machine, and over after a while by themselves.
import { join } from "node:path";
import { type Lab, namespaceOf } from "../names.ts";
import { hostsOf } from "../notes.ts";
import { assetsOf, daemonOf, targetsOf } from "./assets.ts";
import { addressOf, attackerOf, endIn, NODE, startIn } from "./attacker.ts";
import type { Expected, Fault } from "./fault.ts";

const PORTS = 300;
const FLOOD = { port: 9, aSecond: 400, seconds: 90 };

/** Servers that the Internet may speak to at all: a router's own address is nobody's outside. */
const publicServers = (lab: Lab) =>
  hostsOf(lab).filter((host) => daemonOf(lab, host, "sshd") || daemonOf(lab, host, "nginx"));

/** The border that refuses it speaks of it; which of them, routing says. */
const seenBy = (lab: Lab): string[] => targetsOf(lab, "firewall-log").map((t) => t.asset);

const attack = (name: string, argv: (address: string) => string[]): Fault => ({
  name,
  targets: "host",
  candidates: publicServers,
  expects: (lab): Expected => ({
    incident: `intrusion ${seenBy(lab)[0] ?? borderOf(lab)}`,
    or: seenBy(lab).map((border) => `intrusion ${border}`),
    withinMs: 20_000,
  }),
  async inject(lab, host) {
    const address = await addressOf(lab, host);
    const injectedAt = Date.now();
    return { injectedAt, facts: await startIn(namespaceOf(lab, attackerOf(lab, host)), [NODE, ...argv(address)]) };
  },
  undo: (_lab, _host, injected) => endIn(injected),
});

const borderOf = (lab: Lab) => assetsOf(lab, "host").find((a) => a.role === "border")?.id ?? "";
const tool = (file: string) => join(import.meta.dirname, "tools", file);

export const portScan = attack("port-scan", (address) => [tool("scan-ports.ts"), address, String(PORTS)]);

export const flood = attack("flood", (address) => [
  tool("flood.ts"),
  address,
  ...[FLOOD.port, FLOOD.aSecond, FLOOD.seconds].map(String),
]);
