// What a duty officer sees: signs in with the code from the terminal, sees the agencies, and an incident arrive and recover.
// VONGGAC_SCREENSHOTS=DIR keeps pictures of what was seen (the README's is made so).
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, signedIn, whyNoBrowser } from "../support/browser.ts";
import { ensureLab, mustLab, PORT, whyNoLab } from "../support/lab.ts";
import { allRecovered } from "../support/watch.ts";

const skip = whyNoLab() ?? whyNoBrowser() ?? false;
const KEEP = process.env["VONGGAC_SCREENSHOTS"];
let browser: Browser;
before(
  async () => {
    if (skip) return;
    await ensureLab();
    browser = await launch();
  },
  { timeout: 300_000 },
);
after(() => browser?.close());

const picture = async (page: Page, name: string) => {
  if (KEEP) await page.screenshot({ path: path.join(KEEP, `${name}.png`) });
};

test("a wrong code lets nobody in and says so", { skip, timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${PORT}/`);
  await page.getByTestId("signin-code").fill("0000-0000-0000");
  await page.getByTestId("signin-submit").click();
  await page.getByRole("alert").first().waitFor({ timeout: 5_000 });
  assert.equal(await page.getByTestId("agency").count(), 0);
  const feed = await page.evaluate(async () => (await fetch("/api/me")).status);
  assert.equal(feed, 401);
  await page.close();
});

test("signed in, the agencies are there; an incident arrives, shows cause and impact, and recovers", {
  skip,
  timeout: 240_000,
}, async () => {
  const page = await signedIn(browser);
  const problems: string[] = [];
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("console", (m) => m.type() === "error" && problems.push(m.text()));
  assert.ok((await page.getByTestId("agency").count()) >= 12);
  await picture(page, "quiet");

  await mustLab("fault", "hub-down", "hub1");
  const incident = page.locator('[data-testid="incident"][data-cause="hub1"][data-phase="open"]');
  await incident.waitFor({ timeout: 10_000 });
  await incident.click();
  const detail = page.getByTestId("incident-detail");
  await detail.waitFor({ timeout: 5_000 });
  assert.match(await detail.getByTestId("lost").innerText(), /\S/);
  assert.match(await detail.getByTestId("degraded").innerText(), /\S/);
  await page.waitForTimeout(7_000);
  await picture(page, "hub-down");

  await mustLab("fault", "hub-down", "hub1", "--undo");
  await page
    .locator('[data-testid="incident"][data-cause="hub1"][data-state="recovered"]')
    .waitFor({ timeout: 60_000 });
  await allRecovered(60_000);
  await picture(page, "recovered");
  assert.deepEqual(problems, [], "no error in the page");
  await page.close();
});
