// What a machine can tell of accessibility in a rendered page: contrast of every visible text (WCAG 2.2, 1.4.3), names of
// controls (4.1.2), content that runs off sideways or out of its box (1.4.10). An empty list is good.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const source = readFileSync(new URL("in-page.js", import.meta.url), "utf8")
  .replace(/^\/\/.*$/gm, "")
  .trim();
const inPage = <T>(page: Page, what: string) => page.evaluate<T>(`(${source}).${what}()`);

/** Texts below AA, and how many texts were measured. */
export const lowContrast = (page: Page) => inPage<{ looked: number; low: string[] }>(page, "lowContrast");
export const unnamedControls = (page: Page) => inPage<string[]>(page, "unnamedControls");
export const runsOff = (page: Page) => inPage<string[]>(page, "runsOff");

/** Notes from now on which agencies' rows change in the document; `touchedRows` gives them. */
export const watchRows = (page: Page) => inPage<void>(page, "watchRows");
export const touchedRows = (page: Page) => inPage<string[]>(page, "touchedRows");
/** Makes one text unreadable: an audit that finds nothing then looks at nothing. */
export const spoil = (page: Page) => inPage<void>(page, "spoil");
