// Debian's Chromium before the product's own screen server, for tests of the screen: the screen built once for a file of tests, pages
// opened on it, and whatever goes wrong in a page collected.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { codeOf, stepAt } from "../../../console/people/totp.ts";
import { type PlayedProvince, playedProvince, serveProvince } from "./world.ts";

const CHROMIUM = "/usr/bin/chromium";
export const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}: apt-get install chromium`;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
export const dist = mkdtempSync(join(tmpdir(), "vonggac-screen-"));
let browser: Browser;
export const undo: (() => unknown)[] = [];

before(
  async () => {
    if (skip) return;
    const vite = join(root, "node_modules/vite/bin/vite.js");
    await promisify(execFile)(process.execPath, [vite, "build", "console/ui", "--outDir", dist], { cwd: root });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(" ") });
  },
  { timeout: 60_000 },
);
after(async () => {
  await browser?.close();
  for (const step of undo.reverse()) await step();
  rmSync(dist, { recursive: true, force: true });
});

export type Served = Awaited<ReturnType<typeof serveProvince>>;

/** A province after its story, live, with its server. */
export async function served(
  story: (world: PlayedProvince) => void,
  port = 0,
): Promise<{ world: PlayedProvince; server: Served }> {
  const world = playedProvince();
  undo.push(() => world.end());
  story(world);
  undo.push(world.goLive());
  const server = await serveProvince(world, dist, port);
  undo.push(() => server.close());
  return { world, server };
}
/** Opens the page; whatever goes wrong in it is collected, and a refusal by the CSP is such a thing. */
export async function opened(server: Served, width = 1440, height = 900): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (e) => problems.push(e.message));
  // The browser itself reports each 4xx; those are answers, and the tests say which they expect.
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && problems.push(m.text()));
  const ways = page.waitForResponse(/\/api\/signin$/);
  await page.goto(server.url);
  await ways;
  await page.locator("main.signin input").first().waitFor();
  return { page, problems };
}
export async function signIn(page: Page, code: string): Promise<void> {
  // Where people have accounts, the code is the other way in.
  const other = page.getByTestId("signin-account");
  if (await other.isVisible()) await page.getByTestId("signin-other").click();
  await page.getByTestId("signin-code").fill(code);
  await page.getByTestId("signin-submit").click();
}
export async function signedIn(server: Served, width?: number, height?: number) {
  const { page, problems } = await opened(server, width, height);
  await signIn(page, server.code());
  await page.getByTestId("agency").first().waitFor();
  return { page, problems };
}
/** What an authenticator shows for a key that was typed into it. */
export function totpOf(key: string): string {
  const bits = [...key].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  return codeOf(Buffer.from(bits.match(/.{8}/g)!.map((b) => Number.parseInt(b, 2))), stepAt(Date.now()));
}
