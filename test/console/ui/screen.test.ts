// The screen in Debian's Chromium before the product's own screen server, correlator and plan (world.ts): what a duty officer
// and an agency's IT person see and do. No lab is needed; test/e2e drives the same screen before real agents.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { lowContrast, runsOff, spoil, touchedRows, unnamedControls, watchRows } from "./audit.ts";
import { dist, opened, served, signedIn, signIn, skip, totpOf, undo } from "./browser.ts";
import { hostDown, hostUp, quietDay, troubledDay } from "./story.ts";
import { type PlayedProvince, playedProvince, serveProvince } from "./world.ts";

const quiet = (world: PlayedProvince) => quietDay(world, Date.now() - 3_600_000);
const error = (page: Page) => page.getByTestId("signin-error");
const hub1 = (page: Page, state: string) =>
  page.locator(`[data-testid="incident"][data-cause="hub1"][data-state="${state}"]`);

test("sign-in: a wrong, an expired and one code too many are told apart; a good one stays good over a reload", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = await served(quiet);
  const { page, problems } = await opened(server);
  await page.getByTestId("signin-submit").click();
  await error(page).filter({ hasText: "Hãy nhập mã" }).waitFor();
  await signIn(page, "0000-0000-0000");
  await error(page).filter({ hasText: "không đúng" }).waitFor();
  const old = server.code();
  server.expireCodes();
  await signIn(page, old);
  await error(page).filter({ hasText: "hết hạn" }).waitFor();
  for (let guess = 0; guess < 8 && !(await error(page).innerText()).includes("quá nhiều lần"); guess++) {
    await signIn(page, `wrong-${guess}`);
    await page.waitForTimeout(50);
  }
  assert.match(await error(page).innerText(), /quá nhiều lần.*\d+ giây/);
  assert.ok(await page.getByTestId("signin-submit").isDisabled(), "no more guesses until the wait is over");
  await page.waitForTimeout(Number(/(\d+) giây/.exec(await error(page).innerText())![1]) * 1_000 + 300);
  await signIn(page, server.code());
  await page.getByTestId("agency").first().waitFor();
  await page.reload();
  await page.getByTestId("agency").first().waitFor();
  await page.getByTestId("signout").click();
  await page.getByTestId("signin-code").waitFor();
  await page.reload();
  await page.getByTestId("signin-code").waitFor();
  assert.deepEqual(problems, []);
});

test("an account from its invitation on: password, second factor, recovery codes, and the way in from then on", {
  skip,
  timeout: 120_000,
}, async () => {
  const { server } = await served(quiet);
  const { page, problems } = await opened(server, 390, 844);
  const picture = (name: string) => pictureOf(page, name);
  await signIn(page, server.invite("lan"));
  await page.getByTestId("signin-password").fill("ngắn");
  await page.getByTestId("signin-submit").click();
  await error(page).filter({ hasText: "ít nhất 12 ký tự" }).waitFor();
  await page.getByTestId("signin-password").fill("một mật khẩu đủ dài");
  await page.getByTestId("signin-submit").click();
  const key = (await page.getByTestId("signin-key").innerText()).replaceAll(" ", "");
  await picture("enrol");
  assert.deepEqual(await runsOff(page), []);
  await page.getByTestId("signin-second").fill(totpOf(key));
  await page.getByTestId("signin-submit").click();
  await page.getByTestId("signin-recovery").waitFor();
  const recovery = await page.getByTestId("signin-recovery").locator("code").allInnerTexts();
  assert.equal(recovery.length, 10);
  await picture("recovery");
  await page.getByTestId("signin-kept").click();
  await page.getByTestId("agency").first().waitFor();
  await page.getByTestId("signout").click();
  await page.getByTestId("signin-account").fill("lan");
  await page.getByTestId("signin-password").fill("một mật khẩu đủ dài");
  await picture("account");
  assert.deepEqual(await runsOff(page), []);
  await page.getByTestId("signin-submit").click();
  await page.getByTestId("signin-second").fill(recovery[0]!);
  await page.getByTestId("signin-submit").click();
  await page.getByTestId("agency").first().waitFor();
  assert.deepEqual(problems, []);
});

/** Kept where VONGGAC_SCREENSHOTS says, for whoever looks at the screen. */
const pictureOf = async (page: Page, name: string): Promise<void> => {
  const folder = process.env["VONGGAC_SCREENSHOTS"];
  if (folder) await page.screenshot({ path: join(folder, `sign-in-${name}.png`), fullPage: true });
};

test("an incident arrives by itself, says whom it hits and how, is owned, recovers, and is closed by a person", {
  skip,
  timeout: 60_000,
}, async () => {
  const { world, server } = await served(quiet);
  const { page, problems } = await signedIn(server);
  await page.getByTestId("empty-incidents").waitFor();
  assert.equal(await page.getByTestId("agency").count(), world.registry.agencies.length);
  assert.equal(await page.title(), "Vọng Gác");

  hostDown(world, "hub1");
  const card = hub1(page, "new");
  await card.waitFor({ timeout: 3_000 });
  const { impact } = [...world.incidents.values()].at(-1)!;
  assert.ok(impact.lost.length > 0 && impact.degraded.length > 0);
  assert.equal(await card.getByTestId("lost").getAttribute("data-count"), String(impact.lost.length));
  assert.equal(await card.getByTestId("degraded").getAttribute("data-count"), String(impact.degraded.length));
  assert.equal(await page.getByTestId("empty-incidents").count(), 0);
  assert.equal(await page.title(), "(1) Vọng Gác");
  assert.match((await page.locator("[aria-live=assertive]").textContent()) ?? "", /Sự cố mới: .*hub1/);
  assert.match(await card.innerText(), /\d{2}\/\d{2}\/\d{4} \d{2}:\d{2}:\d{2}/);

  await card.click();
  const detail = page.getByTestId("incident-detail");
  const named = await detail
    .getByTestId("lost")
    .locator("[data-agency]")
    .evaluateAll((x) => x.map((e) => e.getAttribute("data-agency")));
  assert.deepEqual(named.sort(), [...impact.lost].sort());
  await detail.getByTestId("close-refusal").waitFor();
  assert.equal(await detail.getByTestId("close").count(), 0, "an open incident cannot be closed, and says why");
  await detail.getByTestId("acknowledge").click();
  await detail.locator(".owned", { hasText: "operator" }).waitFor();

  hostUp(world, "hub1");
  await hub1(page, "recovered").waitFor({ timeout: 15_000 });
  await detail.getByTestId("close").click();
  assert.equal([...world.incidents.values()].at(-1)!.state, "recovered", "not without a resolution");
  await detail.getByTestId("resolution").fill("Mất điện tại trạm; đã khôi phục.");
  await detail.getByTestId("close").click();
  await detail.locator(".resolution", { hasText: "Mất điện" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await detail.count(), 0);
  await page.getByTestId("empty-incidents").waitFor();
  await page.locator("details.closed > summary").click();
  await hub1(page, "closed").waitFor();
  assert.deepEqual(problems, []);
});

test("what was seen is never shown as live once the console is gone; a new snapshot comes with it", {
  skip,
  timeout: 60_000,
}, async () => {
  const { world, server } = await served(quiet);
  const { page } = await signedIn(server);
  const state = page.getByTestId("feed-state");
  await page.locator('[data-testid="feed-state"][data-state="live"]').waitFor();
  const { port } = new URL(server.url);
  await server.close();
  await page.locator('[data-testid="feed-state"][data-state="lost"]').waitFor({ timeout: 5_000 });
  assert.match(
    await page.locator(".lost-banner").innerText(),
    /Mất kết nối với máy chủ giám sát từ \d{2}\/\d{2}\/\d{4}/,
  );
  assert.equal(await page.getByTestId("empty-incidents").count(), 0, "nobody knows that now");
  const again = await serveProvince(playedAgain(world), dist, Number(port));
  undo.push(() => again.close());
  await page
    .getByRole("button", { name: "Kết nối lại ngay" })
    .click({ timeout: 10_000 })
    .catch(() => {});
  // The new process knows no session: the way back is a code.
  await page.getByTestId("signin-code").waitFor({ timeout: 30_000 });
  await page.getByText("Phiên làm việc đã kết thúc").waitFor();
  await signIn(page, again.code());
  await page.getByTestId("agency").first().waitFor();
  assert.equal(await state.getAttribute("data-state"), "live");
});

test("after a cut line the page goes on where it was: the browser is told what it missed, not everything anew", {
  skip,
  timeout: 60_000,
}, async () => {
  const { world, server } = await served(quiet);
  const { page, problems } = await opened(server);
  const told: string[][] = [];
  page.on("websocket", (socket) => {
    const frames: string[] = [];
    told.push(frames);
    socket.on("framereceived", ({ payload }) => frames.push(String(payload)));
  });
  await signIn(page, server.code());
  await page.locator('[data-testid="feed-state"][data-state="live"]').waitFor();
  server.cutFeeds();
  hostDown(world, "hub1");
  await hub1(page, "new").waitFor({ timeout: 10_000 });
  await page.locator('[data-testid="feed-state"][data-state="live"]').waitFor();
  assert.deepEqual(
    told.map(([first]) => (JSON.parse(first!) as { t: string }).t),
    ["snapshot", "changes"],
  );
  assert.equal(await page.locator('[data-testid="incident"][data-cause="hub1"]').count(), 1);
  assert.deepEqual(problems, []);
});

/** A second life of the console: the same province, quiet. */
function playedAgain(_gone: PlayedProvince): PlayedProvince {
  const world = playedProvince();
  undo.push(() => world.end());
  quiet(world);
  undo.push(world.goLive());
  return world;
}

test("an agency's IT person finds the agency without marks, and reads what is wrong, since when, and how to mend it", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = await served((world) => troubledDay(world, Date.now()));
  const { page, problems } = await signedIn(server, 390, 844);
  await page.getByRole("searchbox").fill("so y te");
  assert.deepEqual(await page.getByTestId("agency").evaluateAll((x) => x.map((e) => e.getAttribute("data-agency"))), [
    "so-y-te",
  ]);
  const cell = page.locator('[data-testid="check-cell"][data-kind="ipv6"]');
  assert.equal(await cell.getAttribute("data-status"), "finding");
  assert.match(await cell.innerText(), /Cao/, "said in words, not by colour alone");
  await page.getByRole("button", { name: /Sở Y tế/ }).click();
  const checks = page.locator("#checks-so-y-te");
  assert.match(await checks.innerText(), /Thiếu địa chỉ IPv6[\s\S]*Xử lý:[\s\S]*Nghị định 224\/2026/);
  assert.match(await checks.innerText(), /Cổng thông tin Tỉnh Cà Mau, không phải của riêng đơn vị này/);
  await checks.getByRole("link", { name: /Sở Y tế/ }).click();
  await page.getByTestId("incident-detail").waitFor();
  await page.goBack();
  assert.equal(await page.getByTestId("incident-detail").count(), 0, "Back closes the detail");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("checkbox").check();
  const overall = await page.getByTestId("agency").evaluateAll((x) => x.map((e) => e.getAttribute("data-overall")));
  assert.ok(overall.length > 0 && !overall.includes("good"));
  assert.deepEqual(problems, []);
});

test("language and theme switch, are remembered, and the document says which language it is in", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = await served(quiet);
  const { page } = await signedIn(server);
  const html = page.locator("html");
  assert.equal(await html.getAttribute("lang"), "vi");
  await page.getByTestId("language").click();
  await page.getByText("No open incidents").waitFor();
  assert.equal(await html.getAttribute("lang"), "en");
  for (const theme of ["light", "dark"]) {
    await page.getByTestId("theme").click();
    assert.equal(await html.getAttribute("data-theme"), theme);
  }
  await page.reload();
  await page.getByTestId("agency").first().waitFor();
  assert.deepEqual([await html.getAttribute("lang"), await html.getAttribute("data-theme")], ["en", "dark"]);
});

test("by keyboard alone: skip to the content, open an incident, come back to where one was", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = await served((world) => troubledDay(world, Date.now()));
  const { page } = await signedIn(server);
  await page.evaluate("document.activeElement?.blur()");
  const focused = (what: string) => page.evaluate(`document.activeElement?.${what} ?? ""`);
  await page.keyboard.press("Tab");
  assert.equal(await focused("textContent"), "Tới nội dung chính");
  await page.keyboard.press("Enter");
  assert.equal(await focused("id"), "main");
  for (let i = 0; i < 10 && (await focused("dataset.focus")) === ""; i++) await page.keyboard.press("Tab");
  const id = await focused("dataset.focus");
  assert.match(String(id), /^INC-/);
  await page.keyboard.press("Enter");
  await page.getByTestId("incident-detail").waitFor();
  assert.equal(await focused("id"), "detail-title");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByTestId("incident-detail").count(), 0);
  assert.equal(await focused("dataset.focus"), id);
});

for (const [width, height] of [
  [1440, 900],
  [390, 844],
] as const)
  test(`at ${width} px both themes reach AA contrast, every control has a name, nothing runs off sideways`, {
    skip,
    timeout: 90_000,
  }, async () => {
    const { server } = await served((world) => troubledDay(world, Date.now()));
    const { page, problems } = await opened(server, width, height);
    let looked = 0;
    const audit = async (where: string) => {
      const contrast = await lowContrast(page);
      looked += contrast.looked;
      assert.deepEqual(contrast.low, [], where);
      assert.deepEqual(await unnamedControls(page), [], where);
      assert.deepEqual(await runsOff(page), [], where);
    };
    const bothThemes = async (where: string) => {
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await audit(`${where}, ${scheme}`);
      }
    };
    await bothThemes("sign-in");
    await signIn(page, server.code());
    await page.getByTestId("agency").first().waitFor();
    for (const id of ["so-y-te", "so-tu-phap", "xa-dat-mui"])
      await page.locator(`[data-agency="${id}"] .agency-name`).click();
    await page.locator("details.closed > summary").click();
    await bothThemes("main page");
    for (const cause of ["hub1", "bast1", "hub2~so-tai-chinh"]) {
      await page.locator(`[data-testid="incident"][data-cause="${cause}"] h4 a`).click();
      await page.locator('[data-testid="incident-detail"]').waitFor();
      await bothThemes(`detail of ${cause}`);
      await page.locator(".detail-bar button").click();
    }
    assert.ok(looked > 1_000, `${looked} texts looked at`);
    await spoil(page);
    assert.equal((await lowContrast(page)).low.length, 1, "the audit sees a text that cannot be read");
    assert.deepEqual(problems, []);
  });

test("with 86 agencies, a tick touches the row that changed and no other", { skip, timeout: 60_000 }, async () => {
  const { world, server } = await served(quiet);
  const { page } = await signedIn(server);
  await watchRows(page);
  const [link] = world.targets("link").filter((t) => t.agent === "so-y-te");
  for (let i = 0; i < 20; i++) {
    world.say(link!, i % 2 === 0 ? { outcome: "broke", error: "no answer in time" } : { outcome: "ran", findings: [] });
    await page.waitForTimeout(110);
  }
  assert.deepEqual(await touchedRows(page), ["so-y-te"]);
});
