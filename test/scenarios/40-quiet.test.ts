// Quiet minutes: with nothing broken, nothing opens. Two in CI; `VONGGAC_QUIET_MINUTES=10` for the long run.
import { before, test } from "node:test";
import { ensureLab, whyNoLab } from "../support/lab.ts";
import { Watch } from "../support/watch.ts";

const skip = whyNoLab() ?? false;
const MINUTES = Number(process.env["VONGGAC_QUIET_MINUTES"] ?? 2);
before(async () => {
  if (!skip) await ensureLab();
});

test(`${MINUTES} quiet minutes open nothing`, { skip, timeout: MINUTES * 60_000 + 120_000 }, async () => {
  await (await Watch.start()).expectOnly([], 0, MINUTES * 60_000);
});
