// The program of a service is killed, with all that it started, and nobody starts it again.

import { convergeDaemon } from "../daemons.ts";
import { LabError } from "../errors.ts";
import type { Lab } from "../names.ts";
import { appliedHost, hostsOf } from "../notes.ts";
import { endRemains, pidOf } from "../process.ts";
import { assetsOf, inputsOf, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

/** How the service of a host is called that a program gives. */
const SERVICE_OF: Record<string, (id: string, lab: Lab) => boolean> = {
  nginx: (id) => id === "portal",
  unbound: (id) => id.endsWith("-dns"),
  chronyd: (id) => id.endsWith("-ntp"),
  // Postfix's.
  master: (id, lab) => targetsOf(lab, "certificate").some((t) => t.asset === id && t.expects.starttls === "smtp"),
  knotd: (id) => /^ns\d+$/.test(id),
};

interface Victim {
  id: string;
  host: string;
  daemon: string;
  service: string;
}

const victims = (lab: Lab): Victim[] =>
  hostsOf(lab).flatMap((host) =>
    Object.entries(appliedHost(lab, host)?.daemons ?? {}).flatMap(([daemon, { argv }]) => {
      const isOf = SERVICE_OF[argv[0]!.split("/").at(-1)!];
      const service = isOf && assetsOf(lab, "service").find((s) => s.on.includes(host) && isOf(s.id, lab))?.id;
      return service ? [{ id: `${host}/${daemon}`, host, daemon, service }] : [];
    }),
  );

const victimOf = (lab: Lab, id: string): Victim => victims(lab).find((v) => v.id === id)!;

export const daemonKilled: Fault = {
  name: "daemon-killed",
  targets: "daemon",
  candidates: (lab) =>
    victims(lab)
      .sort((a, b) => Number(b.service === "portal") - Number(a.service === "portal"))
      .map((v) => v.id),
  expects: (lab, id) => ({ incident: `service ${victimOf(lab, id).service}`, withinMs: 40_000 }),
  async inject(lab, id) {
    const { host, daemon } = victimOf(lab, id);
    const pid = pidOf(lab, host, daemon);
    if (pid === undefined) throw new LabError("fault-failed", id, "it does not run", "vonggac lab heal starts it");
    const injectedAt = Date.now();
    process.kill(pid, "SIGKILL");
    await endRemains(lab, host, daemon);
    return { injectedAt, facts: {} };
  },
  async undo(lab, id) {
    const { host, daemon } = victimOf(lab, id);
    await convergeDaemon(lab, inputsOf(lab, host), daemon);
  },
};
