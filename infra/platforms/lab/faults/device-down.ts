// A device that is not ours (a UPS, a switch, a provider's router) is off: its own end of its cable goes down, and nobody answers at its
// addresses.
import { run } from "../exec.ts";
import { convergeLink } from "../link.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { hostsWithRole } from "./assets.ts";
import type { Fault } from "./fault.ts";

const cableOf = (lab: Lab, device: string) => linksOf(lab).find((l) => l.b.host === device)!;

export const deviceDown: Fault = {
  name: "device-down",
  targets: "device",
  candidates: (lab) => hostsWithRole(lab, "device"),
  // The router beside it looks every ten seconds. Who answered lately is believed by its kernel for up to 45 (RFC 4861 §6.3.2, ARP alike).
  expects: (_, device) => ({ incident: `connectivity ${device}`, withinMs: 90_000 }),
  async inject(lab, id) {
    const { b } = cableOf(lab, id);
    const injectedAt = Date.now();
    await run(["ip", "-n", namespaceOf(lab, id), "link", "set", b.device, "down"], { where: id });
    return { injectedAt, facts: {} };
  },
  async undo(lab, id) {
    await convergeLink(lab, cableOf(lab, id));
  },
};
