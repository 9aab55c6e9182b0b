// Every device of a router goes down in one batch, as when it loses power: whoever hangs on it loses carrier.
import { run } from "../exec.ts";
import { convergeLink } from "../link.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { assetsOf, linkBetween } from "./assets.ts";
import type { Expected, Fault } from "./fault.ts";

const linksAt = (lab: Lab, host: string) => linksOf(lab).filter((l) => l.a.host === host || l.b.host === host);

const hostDown = (name: string, role: "hub" | "upstream", expects: (lab: Lab, host: string) => Expected): Fault => ({
  name,
  targets: role,
  candidates: (lab) =>
    assetsOf(lab, "host")
      .filter((a) => a.role === role)
      .map((a) => a.id),
  expects,
  async inject(lab, host) {
    const devices = linksAt(lab, host).map((l) => (l.a.host === host ? l.a.device : l.b.device));
    const input = devices.map((device) => `link set ${device} down\n`).join("");
    const injectedAt = Date.now();
    await run(["ip", "-n", namespaceOf(lab, host), "-batch", "-"], { input, where: host });
    return { injectedAt, facts: {} };
  },
  async undo(lab, host) {
    await Promise.all(linksAt(lab, host).map((link) => convergeLink(lab, link)));
  },
});

export const hubDown = hostDown("hub-down", "hub", (_, hub) => ({ incident: `connectivity ${hub}`, withinMs: 10_000 }));

/** An upstream's router is watched from one side only, its border: what is seen is that the line to it is dead. */
export const upstreamDown = hostDown("upstream-down", "upstream", (lab, upstream) => ({
  incident: `connectivity ${linkBetween(lab, upstream, "border")}`,
  withinMs: 10_000,
}));
