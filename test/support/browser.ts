// Debian's Chromium at the console's page, signed in as a person would: the code from the terminal, typed into the form.
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { PORT, STACK, vonggac } from "./lab.ts";

const CHROMIUM = "/usr/bin/chromium";
export const whyNoBrowser = (): string | undefined =>
  existsSync(CHROMIUM) ? undefined : `no ${CHROMIUM}: apt-get install chromium`;

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** The one-time code as the terminal prints it. */
export async function signInCode(): Promise<string> {
  const ran = await vonggac("signin", "--json", "--stack", STACK);
  if (ran.code !== 0) throw new Error(`vonggac signin: ${ran.stdout}${ran.stderr}`);
  return (JSON.parse(ran.stdout) as { code: string }).code;
}

/** A page of the console after sign-in, with its feed live. */
export async function signedIn(browser: Browser, size = { width: 1440, height: 900 }): Promise<Page> {
  const page = await browser.newPage({ viewport: size });
  const answer = await page.goto(`http://127.0.0.1:${PORT}/`);
  if (!answer?.ok()) throw new Error(`the console answers ${answer?.status()}: ${await answer?.text()}`);
  await page.getByTestId("signin-code").fill(await signInCode());
  await page.getByTestId("signin-submit").click();
  await page.getByTestId("agency").first().waitFor({ timeout: 15_000 });
  return page;
}
