// What one is told on the screen: the bell, the cards, the sound that only a press lets begin, and the page of channels.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Intent } from "../../../protocol/casework.ts";
import { eventually } from "../support/rig.ts";
import { lowContrast, runsOff, unnamedControls } from "./audit.ts";
import { type Served, served, signedIn, skip } from "./browser.ts";
import { troubledDay } from "./story.ts";
import type { PlayedProvince } from "./world.ts";

const troubled = (world: PlayedProvince) => troubledDay(world, Date.now());

/** Tells the operator something on the screen, as a round of the notifier does. */
function tell(server: Served, world: PlayedProvince, key: string, kind: Intent["kind"]): void {
  const [incident] = world.incidents.values();
  const about = kind === "channel-dead" ? "-" : incident!.id;
  const facts = { channel: "mail", since: Date.now(), code: "smtp-timeout" };
  const intent: Intent = {
    key,
    at: Date.now(),
    kind,
    incident: about,
    to: [],
    reason: { key: `reason.${kind}`, facts },
  };
  const [createdAt, nextAt, expiresAt] = [Date.now(), Date.now(), Date.now() + 60_000];
  server.store.transaction(() => {
    const { deliveries } = server.store;
    deliveries.add({
      key,
      intent,
      channel: "screen",
      receiver: "operator",
      urgent: true,
      createdAt,
      nextAt,
      expiresAt,
    });
    for (const d of deliveries.due(Date.now(), 9)) deliveries.save({ ...d, state: "sent", sentAt: Date.now() });
  });
  world.feed.nudge("operator");
}
/** How often a tone was begun. */
const COUNT_TONES = `globalThis.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...a) { globalThis.tones++; return start.apply(this, a); };`;

test("a notice comes as a card and into the bell; it rings only after the person switched the sound on, and not when muted", {
  skip,
  timeout: 60_000,
}, async () => {
  const { world, server } = await served(troubled);
  tell(server, world, "before", "opened");
  const { page, problems } = await signedIn(server);
  await page.evaluate(COUNT_TONES);
  const tones = () => page.evaluate("globalThis.tones");
  await page.getByTestId("bell-count").filter({ hasText: "1" }).waitFor();
  assert.equal(await page.locator(".fresh-card").count(), 0, "what was told before is no news");
  tell(server, world, "one", "channel-dead");
  await page.locator(".fresh-card").first().waitFor();
  assert.match(await page.getByTestId("fresh").innerText(), /Kênh “mail” không gửi được tin/);
  assert.equal(await tones(), 0, "silent until a person says otherwise");
  await page.getByTestId("bell").click();
  assert.equal(await page.getByTestId("sound").getAttribute("data-sound"), "off");
  await page.getByTestId("sound").click();
  await eventually("a tone", async () => Number(await tones()) > 0);
  const tried = Number(await tones());
  tell(server, world, "two", "channel-dead");
  await eventually("another", async () => Number(await tones()) > tried);
  await page.getByTestId("sound").click();
  const before = await tones();
  tell(server, world, "three", "channel-dead");
  await page.locator(".fresh-card").nth(2).waitFor();
  assert.equal(await tones(), before, "muted");
  await page.getByTestId("bell").click();
  await page.getByTestId("bell-count").waitFor({ state: "detached" });
  assert.equal(server.store.deliveries.sentTo("screen", "operator", 9).filter((d) => d.seenAt === undefined).length, 0);
  assert.equal(await page.locator(".fresh-card").count(), 0, "who has looked at the list has seen the cards");
  assert.deepEqual(problems, []);
});

test("whoever wants less motion gets none", { skip, timeout: 60_000 }, async () => {
  const { world, server } = await served(troubled);
  const { page } = await signedIn(server);
  for (const [motion, animation] of [
    ["reduce", "none"],
    ["no-preference", "notice-in"],
  ] as const) {
    await page.emulateMedia({ reducedMotion: motion });
    tell(server, world, motion, "channel-dead");
    const card = page.locator(".fresh-card").first();
    await card.waitFor();
    const name = 'getComputedStyle(document.querySelector(".fresh-card")).animationName';
    assert.equal(await page.evaluate(name), animation);
  }
});

test("the page of channels: how they fare, a test over one, how one is reached; for eyes and for screen readers", {
  skip,
  timeout: 60_000,
}, async () => {
  const { server } = await served(troubled);
  const { page, problems } = await signedIn(server);
  await page.goto(`${server.url}#notifications`);
  await page.getByTestId("test-screen").click();
  await page.getByText("Đã gửi tin thử qua kênh screen.").waitFor();
  await page.getByTestId("contact-mail").fill("truc@camau.gov.vn");
  await page.getByTestId("contact-keep").click();
  const kept = await eventually("the contact", () => server.store.contacts.get("operator"));
  assert.deepEqual(kept, { language: "vi", mail: "truc@camau.gov.vn" });
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.waitForTimeout(100);
    assert.deepEqual([(await lowContrast(page)).low, await unnamedControls(page), await runsOff(page)], [[], [], []]);
  }
  assert.deepEqual(problems, []);
});
