// One link goes down at its upper end: the other end loses carrier, as when a cable is cut.
import { run } from "../exec.ts";
import { convergeLink } from "../link.ts";
import { namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { assetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

export const linkDown: Fault = {
  name: "link-down",
  targets: "link",
  candidates: (lab) => {
    const sites = new Set(assetsOf(lab, "host").flatMap((a) => (a.role === "site" ? [a.id] : [])));
    const links = assetsOf(lab, "link");
    const ofSites = links.filter((l) => l.ends.some((end) => sites.has(end)));
    return [...ofSites, ...links.filter((l) => !ofSites.includes(l))].map((l) => l.id);
  },
  async inject(lab, id) {
    const { a } = linksOf(lab).find((l) => l.link === id)!;
    const injectedAt = Date.now();
    await run(["ip", "-n", namespaceOf(lab, a.host), "link", "set", a.device, "down"], { where: id });
    return { injectedAt, facts: {} };
  },
  async undo(lab, id) {
    await convergeLink(lab, linksOf(lab).find((l) => l.link === id)!);
  },
};
