// What the province serves breaks: the console names the service or the zone, not everybody who finds it broken.
import { before, test } from "node:test";
import { ensureLab, whyNoLab } from "../support/lab.ts";
import { story } from "../support/story.ts";

before(async () => {
  if (!whyNoLab()) await ensureLab();
});

test(...story({ fault: "expire-certificate", target: "portal", expect: "certificate portal", withinMs: 15_000 }));
test(
  ...story({
    fault: "corrupt-signature",
    target: "portal.camau.gov.vn",
    expect: "dnssec zone:camau.gov.vn",
    withinMs: 15_000,
  }),
);
