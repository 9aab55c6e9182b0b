// The pages of the test's identity provider (npm oidc-provider), gone through as a browser does.
import assert from "node:assert/strict";
import { CALLBACK } from "../../../console/api/desk/provider.ts";

/** Goes through the provider's pages as a browser does; gives the address at which it sends the browser back. */
export async function throughPages(start: string, login: string): Promise<URL> {
  const jar = new Map<string, string>();
  let [url, init]: [string, RequestInit] = [start, {}];
  for (let hop = 0; hop < 12; hop++) {
    const cookie = [...jar].map(([k, v]) => `${k}=${v}`).join("; ");
    const answer = await fetch(url, { ...init, redirect: "manual", headers: { ...init.headers, cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [pair] = set.split(";");
      jar.set(pair!.slice(0, pair!.indexOf("=")), pair!.slice(pair!.indexOf("=") + 1));
    }
    const next = answer.headers.get("location");
    if (next?.includes(CALLBACK)) return new URL(next);
    if (next) [url, init] = [new URL(next, url).href, {}];
    else {
      const page = await answer.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? assert.fail(page.slice(0, 500));
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? url;
      const body = new URLSearchParams({ prompt, login, password: "any" });
      [url, init] = [new URL(action, url).href, { method: "POST", body }];
    }
  }
  return assert.fail("the provider never sent the browser back");
}
