// `node test/console/ui/look.ts DIST FOLDER`: pictures of every page beside the watch, wide and narrow, light and dark, in both
// languages, for whoever works on the screen. What a machine can tell of accessibility is printed beside each.
import { join } from "node:path";
import { chromium } from "playwright-core";
import { lowContrast, runsOff, unnamedControls } from "./audit.ts";
import { loggedDays, troubledDay } from "./story.ts";
import { playedProvince, serveProvince } from "./world.ts";

const [dist, folder, only] = process.argv.slice(2);
const world = playedProvince();
troubledDay(world, Date.now());
world.goLive();
const server = await serveProvince(world, dist!, 0);
for (const [name, roles] of [
  ["lan.nguyen", ["security-lead"]],
  ["an.tran", ["engineer"]],
  ["kiem.tra", ["auditor"]],
] as const)
  server.cookieOf(name, [...roles]);
const open = world.incidents.values().find((i) => i.cause.asset === "bast1")!.id;
const rule = { at: Date.now() - 400_000, incident: "-", to: [], channel: "mail" };
server.store.transaction(() => {
  const { deliveries, channelHealth } = server.store;
  const error = { code: "smtp-certificate", detail: "unable to verify the first certificate" };
  channelHealth.save({ channel: "screen", failures: 0, retryAt: 0, lastOkAt: Date.now() - 60_000 });
  for (const [n, [kind, incident]] of (
    [
      ["opened", open],
      ["channel-dead", "-"],
      ["opened", open],
    ] as const
  ).entries()) {
    const reason = {
      key: "reason.channel-dead",
      facts: { channel: "mail", since: Date.now() - 900_000, code: error.code },
    };
    const intent = { ...rule, key: `k${n}`, kind, incident, reason };
    const at = Date.now() - 60_000;
    const times = { createdAt: at, nextAt: at, expiresAt: at + 86_400_000 };
    deliveries.add({
      key: `k${n}`,
      intent,
      channel: n === 2 ? "mail" : "screen",
      receiver: "operator",
      urgent: true,
      ...times,
    });
  }
  for (const d of deliveries.due(Date.now(), 9))
    deliveries.save(
      d.channel === "mail"
        ? { ...d, state: "failed", attempts: 4, error }
        : { ...d, state: "sent", sentAt: d.createdAt },
    );
});
loggedDays(world, Date.now());
world.enrolments.mayEnrol("xa-nam-can", "3f9a".repeat(16), "2001:db8:4010:1700::1");
world.enrolments.revoke("kiem.tra", "xa-dat-mui", "Máy bị mất khi chuyển trụ sở");
const release = { serial: "1796000000", version: "0.9.1" };
world.software.offer = () => ({
  ...{ serial: 1_796_000_000, version: "0.9.1", share: 30, ring: 24 },
  installed: 21,
  rolledBack: 1,
  refused: 1,
});
world.software.news = (): ReturnType<typeof world.software.news> => [
  { at: Date.now() - 600_000, agent: "xa-dat-mui", act: "agent-cloned", detail: { from: "2001:db8:4010:1700::9" } },
  {
    at: Date.now() - 3_600_000,
    agent: "so-y-te",
    act: "release-rolled-back",
    detail: { ...release, code: "acks-stopped" },
  },
  {
    at: Date.now() - 4_000_000,
    agent: "xa-nam-can",
    act: "release-refused",
    detail: { ...release, code: "release-damaged" },
  },
  { at: Date.now() - 4_100_000, agent: "hub1", act: "release-installed", detail: release },
];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox"] });
const pages = [
  "",
  "declare",
  "silences",
  "duty",
  "history",
  "people",
  "agents",
  "rules",
  "notifications",
  "own",
  "setup",
  `incident/${open}`,
];
for (const [width, height, scheme, language] of [
  [1440, 900, "light", "vi"],
  [1440, 900, "dark", "en"],
  [390, 844, "light", "en"],
  [390, 844, "dark", "vi"],
] as const) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.on("pageerror", (e) => console.log(e.message));
  await page.goto(server.url);
  await page.evaluate(`localStorage.setItem("vonggac.language", "${language}")`);
  await page.goto(server.url);
  if ((await page.getByTestId("signin-code").count()) === 0)
    await page
      .getByTestId("signin-other")
      .click()
      .catch(() => {});
  await page.waitForTimeout(500);
  if ((await page.getByTestId("signin-code").count()) === 0) await page.getByTestId("signin-other").click();
  await page.getByTestId("signin-code").fill(server.code());
  await page.getByTestId("signin-submit").click();
  await page.getByTestId("agency").first().waitFor();
  for (const name of pages.filter((p) => only === undefined || p.startsWith(only))) {
    await page.goto(`${server.url}#${name}`);
    await page.waitForTimeout(400);
    const file = `${name.split("/")[0] || "watch"}-${width}-${scheme}-${language}.png`;
    if (name === "notifications") await page.getByTestId("bell").click();
    if (name === "history") {
      await page.getByTestId("history-words").fill("motcua");
      await page.getByTestId("history-find").click();
      await page.getByTestId("found").waitFor();
    }
    await page.screenshot({ path: join(folder!, file), fullPage: true });
    console.log(file, (await lowContrast(page)).low, await unnamedControls(page), await runsOff(page));
  }
  await context.close();
}
await browser.close();
process.exit(0);
