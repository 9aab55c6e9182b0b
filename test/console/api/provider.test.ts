// OpenID Connect against a real provider (npm oidc-provider) on loopback, through its own login pages; then the provider goes down.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
// @ts-expect-error: it brings no types.
import Provider from "oidc-provider";
import { CALLBACK } from "../../../console/api/desk/provider.ts";
import { grantedBy } from "../../../console/people/claims.ts";
import { throughPages } from "../support/provider-pages.ts";
import { eventually } from "../support/rig.ts";
import { startScreen } from "../support/screen.ts";

const GROUPS: Record<string, string[]> = {
  lan: ["soc-leads"],
  binh: ["it-xa-mot"],
  chi: ["nobody"],
  dung: ["it-gone"],
};
const ROWS = [
  { claim: "groups", value: "soc-leads", roles: ["security-lead" as const] },
  { claim: "groups", value: "it-xa-mot", roles: ["agency-it" as const], agencies: ["xa-mot"] },
  { claim: "groups", value: "it-gone", roles: ["agency-it" as const], agencies: ["xa-khong-con"] },
];
let s: Awaited<ReturnType<typeof startScreen>>;
let server: Server;
before(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = {
    name: "SSO tỉnh",
    issuer,
    clientId: "console",
    clientSecret: "x".repeat(40),
    scope: "openid profile",
  };
  s = await startScreen("http://127.0.0.1:8080", undefined, {
    ...settings,
    rows: ROWS,
    insecure: true,
    askEveryMs: 500,
  });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "console",
        client_secret: settings.clientSecret,
        redirect_uris: [`http://127.0.0.1:8080${CALLBACK}`],
      },
    ],
    claims: { openid: ["sub", "groups"], profile: ["name"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["test"] },
    findAccount: (_ctx: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Người ${sub}`, groups: GROUPS[sub] }),
    }),
  });
  provider.on("server_error", () => {});
  server.on("request", provider.callback());
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await s.end();
});

/** `edit`: what the browser's owner does to the address before it is followed. */
async function signIn(login: string, edit: (to: string) => string = (to) => to) {
  s.time.mono += 60_000;
  const begun = await s.get("/api/signin/provider");
  assert.equal(begun.status, 303, begun.text);
  const flow = String(begun.headers["set-cookie"]).split(";")[0]!;
  const back = await throughPages(edit(String(begun.headers["location"])), login);
  return { back: back.pathname + back.search, flow };
}

test("a lead comes in by the provider, with the role that the table gives, and no secret of it is kept or given", async () => {
  const { back, flow } = await signIn("lan");
  const entered = await s.get(back, { cookie: flow });
  assert.deepEqual([entered.status, entered.headers["location"]], [303, "/"]);
  const cookie = String(entered.headers["set-cookie"]).split(";")[0]!;
  const me = JSON.parse((await s.get("/api/me", { cookie })).text);
  assert.deepEqual([me.roles, me.agencies], [["security-lead"], null]);
  const again = await s.get(back, { cookie: flow });
  assert.equal(again.code, "ticket-invalid", "the way back works once");
  assert.equal(JSON.parse((await s.get("/api/signin")).text).provider, "SSO tỉnh");
});

test("an agency's IT person gets that agency; who has no row, or an agency that is not here, does not come in", async () => {
  const binh = await signIn("binh");
  const entered = await s.get(binh.back, { cookie: binh.flow });
  const cookie = String(entered.headers["set-cookie"]).split(";")[0]!;
  assert.deepEqual(JSON.parse((await s.get("/api/me", { cookie })).text).agencies, ["xa-mot"]);
  for (const login of ["chi", "dung"]) {
    const { back, flow } = await signIn(login);
    assert.equal((await s.get(back, { cookie: flow })).code, "no-role", login);
  }
});

test("a way back that another browser began, or that was tampered with, is refused", async () => {
  const { back, flow } = await signIn("lan");
  assert.equal((await s.get(back)).code, "ticket-invalid");
  assert.equal((await s.get(back, { cookie: "vonggac-flow=other" })).code, "ticket-invalid");
  assert.equal((await s.get(back.replace(/state=[^&]+/, "state=x"), { cookie: flow })).code, "provider-refused");
});

test("the provider is made to ask for the proof each time; an answer that does not say when it was given is refused", async () => {
  let asked = new URL("http://x");
  const { back, flow } = await signIn("lan", (to) => {
    asked = new URL(to);
    const without = new URL(to);
    for (const name of ["prompt", "max_age"]) without.searchParams.delete(name);
    return without.href;
  });
  assert.deepEqual([asked.searchParams.get("prompt"), asked.searchParams.get("max_age")], ["login", "0"]);
  assert.equal((await s.get(back, { cookie: flow })).code, "provider-refused");
});

test("claims: no row gives nothing; agency IT beside a central role is dropped", () => {
  assert.deepEqual(grantedBy(ROWS, { groups: "soc-leads" }), { ok: true, roles: ["security-lead"], agencies: [] });
  assert.deepEqual(grantedBy(ROWS, { groups: ["soc-leads", "it-xa-mot"] }), {
    ok: true,
    roles: ["security-lead"],
    agencies: [],
  });
  for (const claims of [{}, { groups: null }, { groups: { "soc-leads": 1 } }, { toString: "soc-leads" }])
    assert.deepEqual(grantedBy(ROWS, claims), { ok: false, code: "no-role" });
});

test("a provider that went down is known to be down, and said so", async () => {
  const { real } = s;
  assert.equal(real!.state(), "up");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await eventually("down", () => real!.state() === "down", 40_000);
  assert.equal((await s.get("/api/signin/provider")).code, "provider-down");
});
