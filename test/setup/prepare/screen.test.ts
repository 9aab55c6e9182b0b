import assert from "node:assert/strict";
import { test } from "node:test";
import { screenIsStale, screenSources } from "../../../setup/prepare/screen.mjs";
import { folder, put } from "../fixtures.ts";

test("the page is built when it is missing or older than what it is made of", (t) => {
  const root = folder(t);
  put(root, "console/ui/main.tsx", "1");
  put(root, "protocol/tags.ts", "1");
  put(root, "package-lock.json", "{}");
  assert.ok(screenIsStale(root), "never built");
  put(root, "console/ui/dist/index.html", "");
  assert.ok(screenIsStale(root), "built by somebody else, from what is not known");
  put(root, "console/ui/dist/.sources", screenSources(root));
  assert.ok(!screenIsStale(root));
  for (const [file, content] of [
    ["console/ui/parts/new.tsx", "1"],
    ["protocol/tags.ts", "2"],
    ["package-lock.json", "{ }"],
  ] as const) {
    put(root, file, content);
    assert.ok(screenIsStale(root), `${file} changed`);
    put(root, "console/ui/dist/.sources", screenSources(root));
    assert.ok(!screenIsStale(root));
  }
  put(root, "agent/main.ts", "1");
  assert.ok(!screenIsStale(root), "the page is not made of the agent");
});
