// The screen's server: what it gives without a session, what it gives to no other site, and what never leaves its folder.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { PAGE, startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
before(async () => {
  s = await startScreen("http://127.0.0.1:8080", {
    "index.html": PAGE,
    "assets/index-Ab3dE6gh.js": "1",
    "icon.svg": "<svg/>",
    "notes.md": "no type of ours",
  });
});
after(() => s.end());

test("the address answers 200 to anybody, with a policy that allows nothing inline and nothing from elsewhere", async () => {
  const page = await s.get("/");
  assert.deepEqual([page.status, page.text], [200, PAGE]);
  const policy = String(page.headers["content-security-policy"]);
  assert.ok(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"));
  assert.ok(!/unsafe|\*|https?:|data:/.test(policy), policy);
  assert.equal(page.headers["x-content-type-options"], "nosniff");
  assert.equal((await s.get("/incidents/INC-000001")).text, PAGE, "a page of the screen");
});

test("files have their types and are kept by browsers as far as their names allow", async () => {
  const script = await s.get("/assets/index-Ab3dE6gh.js");
  assert.equal(script.headers["content-type"], "text/javascript; charset=utf-8");
  assert.match(String(script.headers["cache-control"]), /immutable/);
  const icon = await s.get("/icon.svg");
  assert.deepEqual([icon.headers["content-type"], icon.headers["cache-control"]], ["image/svg+xml", "no-cache"]);
  const same = await s.get("/icon.svg", { "if-none-match": String(icon.headers["etag"]) });
  assert.equal(same.status, 304);
  assert.equal((await s.call("HEAD", "/icon.svg", { host: s.host })).text, "");
  assert.equal((await s.call("DELETE", "/icon.svg", { host: s.host })).status, 405);
});

for (const path of [
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/assets/../../secret.txt",
  "/notes.md",
  "//secret.txt",
  "/\\..\\secret.txt",
  "/constructor.js",
  "/__proto__.js",
])
  test(`nothing beside the site is given: ${path}`, async () => {
    const answer = await s.get(path);
    assert.equal(answer.status, 404);
    assert.ok(!answer.text.includes("not of the site"));
  });

test("without a session: 401 on everything of the API and on the feed", async () => {
  for (const path of ["/api/me", "/api/incidents/INC-000001/log"])
    assert.deepEqual((await s.get(path)).code, "session-required");
  for (const path of ["/api/signout", "/api/incidents/INC-000001/close", "/api/incidents/INC-000001/acknowledge"])
    assert.deepEqual((await s.post(path, {})).code, "session-required");
  assert.equal((await s.get("/api/me", { cookie: `vonggac=${"A".repeat(43)}` })).status, 401);
  assert.equal(await upgrade({ origin: `http://${s.host}` }), "401");
  assert.deepEqual(s.acts, []);
});

test("from another site: nothing that changes anything, and no feed, even with the cookie", async () => {
  const cookie = s.signIn();
  for (const headers of [
    { origin: "https://evil.test" },
    { origin: "null" },
    { origin: `http://${s.host}.evil.test` },
    { origin: `https://${s.host}` },
    { "sec-fetch-site": "cross-site" },
  ] as Record<string, string>[]) {
    const answer = await s.post("/api/incidents/INC-000001/acknowledge", {}, { cookie, ...headers });
    assert.deepEqual([answer.status, answer.code], [403, "origin-refused"], JSON.stringify(headers));
    assert.equal(await upgrade({ cookie, origin: `http://${s.host}`, ...headers }), "403");
  }
  const bare = await s.post("/api/incidents/INC-000001/acknowledge", {}, { cookie, "x-vonggac": "" });
  assert.deepEqual([bare.status, bare.code], [403, "header-required"]);
  assert.deepEqual(s.acts, []);
});

test("a name that was bent to this address is not served", async () => {
  const answer = await s.call("GET", "/", { host: "evil.test" });
  assert.deepEqual([answer.status, answer.code], [421, "host-unknown"]);
  assert.equal((await s.call("GET", "/", { host: "localhost:8080" })).status, 200);
  assert.equal((await s.call("GET", "/", { host: "[::1]:8080" })).status, 200);
});

test("health tells that it lives, readiness whether the record takes what comes", async () => {
  assert.equal((await s.get("/healthz")).status, 200);
  assert.equal((await s.get("/readyz")).status, 200);
  s.said.ready = false;
  assert.equal((await s.get("/readyz")).status, 503);
  s.said.ready = true;
});

test("over https the cookie is Secure and bound to the host, and the browser is told to stay on TLS", async () => {
  const secure = await startScreen("https://vonggac.test");
  const { code } = secure.desk.issue();
  const headers = { host: "vonggac.test", origin: "https://vonggac.test" };
  const answer = await secure.post("/api/signin", { code }, headers);
  assert.match(String(answer.headers["set-cookie"]), /^__Host-vonggac=.*; Secure$/);
  assert.match(String(answer.headers["strict-transport-security"]), /max-age=\d{8}/);
  await secure.end();
});

test("a screen that was not built says so", async () => {
  const empty = await startScreen("http://127.0.0.1:8080", {});
  const answer = await empty.get("/");
  assert.deepEqual([answer.status, answer.code], [503, "screen-not-built"]);
  await empty.end();
});

/** "open", or the status that refused the upgrade. */
function upgrade(headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${s.host}/feed`, { headers });
    socket.on("open", () => resolve("open"));
    socket.on("unexpected-response", (_request, response) => resolve(String(response.statusCode)));
    socket.on("error", () => {});
  });
}
