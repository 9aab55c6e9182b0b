// What the province serves breaks: the console names the service or the zone, not everybody who finds it broken.
import { before } from "node:test";
import { ensureLab, whyNoLab } from "../support/lab.ts";
import { tell } from "../support/story.ts";

before(async () => {
  if (!whyNoLab()) await ensureLab();
});

tell({ fault: "expire-certificate", target: "portal", expect: "certificate portal", withinMs: 15_000 });
tell({
  fault: "corrupt-signature",
  target: "portal.camau.gov.vn",
  expect: "dnssec zone:camau.gov.vn",
  withinMs: 15_000,
});
