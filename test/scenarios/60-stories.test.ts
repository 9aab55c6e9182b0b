// Three incidents lived from detection to closing, by the API and the command line alone, with the roles that people have; side by
// side on one lab, since none touches another's agencies.
import { after, before, describe, test } from "node:test";
import { ensureLab, mustLab, whyNoLab } from "../support/lab.ts";
import { person } from "../support/people.ts";
import { watchLogs } from "../support/watched-log.ts";
import { breach, HOLDER } from "./stories/breach.ts";
import { campaign, TARGETS } from "./stories/campaign.ts";
import { HUB_AGENCY, hubFailure } from "./stories/hub-failure.ts";
import type { Cast } from "./stories/parts.ts";

const skip = whyNoLab() ?? false;
const timeout = 240_000;
let takeBack = () => {};
let cast: Cast;

before(
  async () => {
    if (skip) return;
    await ensureLab();
    takeBack = await watchLogs([...TARGETS]);
    const mark = Date.now().toString(36);
    const agencies = [HUB_AGENCY, HOLDER, TARGETS[0], TARGETS[1]];
    const [staff, lead, auditor, ...it] = await Promise.all([
      person(`staff-${mark}`, ["security-staff"]),
      person(`lead-${mark}`, ["security-lead"]),
      person(`auditor-${mark}`, ["auditor"]),
      ...agencies.map((agency, i) => person(`it-${i}-${mark}`, ["agency-it"], [agency])),
    ]);
    cast = { staff, lead, auditor, it: Object.fromEntries(agencies.map((agency, i) => [agency, it[i]!])) };
  },
  { timeout },
);
after(async () => {
  if (skip) return;
  takeBack();
  await mustLab("fault", "hub-down", "hub1", "--undo");
});

describe("an incident, from detection to closing", { concurrency: true }, () => {
  test("a hub fails", { skip, timeout }, () => hubFailure(cast));
  test("a brute force across three agencies becomes one campaign, up to the closing notice", { skip, timeout }, () =>
    campaign(cast),
  );
  test("a personal-data breach is declared, with its clock", { skip, timeout }, () => breach(cast));
});
