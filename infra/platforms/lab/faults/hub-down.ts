// Every device of a hub goes down in one batch, as when it loses power: whoever hangs on it loses carrier.
import { run } from "../exec.ts";
import { convergeLink } from "../link.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { assetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

const linksAt = (lab: Lab, host: string) => linksOf(lab).filter((l) => l.a.host === host || l.b.host === host);

export const hubDown: Fault = {
  name: "hub-down",
  targets: "hub",
  candidates: (lab) =>
    assetsOf(lab, "host")
      .filter((a) => a.role === "hub")
      .map((a) => a.id),
  async inject(lab, hub) {
    const devices = linksAt(lab, hub).map((l) => (l.a.host === hub ? l.a.device : l.b.device));
    const input = devices.map((device) => `link set ${device} down\n`).join("");
    const injectedAt = Date.now();
    await run(["ip", "-n", namespaceOf(lab, hub), "-batch", "-"], { input, where: hub });
    return { injectedAt, facts: {} };
  },
  async undo(lab, hub) {
    await Promise.all(linksAt(lab, hub).map((link) => convergeLink(lab, link)));
  },
};
