// One link goes down at its upper end: the other end loses carrier, as when a cable is cut.
import { run } from "../exec.ts";
import { convergeLink } from "../link.ts";
import { namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { linkCandidates } from "./assets.ts";
import type { Fault } from "./fault.ts";

export const linkDown: Fault = {
  name: "link-down",
  targets: "link",
  candidates: linkCandidates,
  expects: (_, link) => ({ incident: `connectivity ${link}`, withinMs: 10_000 }),
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
