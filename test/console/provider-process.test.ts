// Signing in by a provider that province.yaml names: from that text to console.json, to a console and a provider that are processes of
// their own, over TLS; then the provider is killed, and the sealed account opens, loudly.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setDefaultCACertificates } from "node:tls";
import { CALLBACK } from "../../console/api/desk/provider.ts";
import type { ConsoleConfig } from "../../console/config.ts";
import { ROLES } from "../../console/people/roles.ts";
import { codeOf, stepAt } from "../../console/people/totp.ts";
import { deploymentFor } from "../../infra/deployment.ts";
import { PEOPLE_ROLES } from "../../infra/province/schema.ts";
import { keepBrought, openVault, PROVIDER_SECRET } from "../../infra/vault/index.ts";
import { freePort } from "../support/port.ts";
import { makeCa, serverLeaf } from "./support/pki.ts";
import { type Process, prepareProcesses } from "./support/processes.ts";
import { throughPages } from "./support/provider-pages.ts";
import { eventually } from "./support/rig.ts";

const here = import.meta.dirname;
const files = await prepareProcesses();
let provider: ChildProcess | undefined;
let running: Process | undefined;
after(async () => {
  provider?.kill();
  await running?.kill();
  files.end();
});
const SECRET = "s".repeat(40);

/** What province.yaml makes of the console's provider. */
async function configured(issuer: string) {
  const good = readFileSync(join(here, "../infra/province/good.yaml"), "utf8");
  const signIn = `signIn:
  provider:
    name: SSO tỉnh
    issuer: ${issuer}
    clientId: vonggac
    scope: openid profile
    rows:
      - { claim: groups, value: soc, roles: [security-lead] }
`;
  const provinceFile = files.file("province.yaml");
  writeFileSync(provinceFile, good.replace("lab:\n", `${signIn}lab:\n`));
  const options = {
    provinceFile,
    stateDir: files.file("state"),
    screenPort: 1,
    screenListen: "127.0.0.1",
    screenUrl: "http://127.0.0.1:1",
  };
  await assert.rejects(deploymentFor(options), { code: "provider-secret-missing" });
  keepBrought(openVault(join(options.stateDir, "vault"), Date.now()), PROVIDER_SECRET, `${SECRET}\n`);
  const { deployment } = await deploymentFor(options);
  const made = deployment.hosts.find((h) => h.id === "console")!.files;
  const text = (name: string) => made.find((f) => f.path === `/run/vonggac/${name}`)!;
  const config = text("console.json").content;
  assert.ok("text" in config && !config.text.includes(SECRET));
  const secret = text("provider-secret");
  assert.deepEqual(
    [secret.mode, secret.owner, "secret" in secret.content],
    ["0400", "vonggac-console:vonggac-console", true],
  );
  return (JSON.parse(config.text) as ConsoleConfig).provider!;
}

/** A call as the page makes it; gives the answer and the cookies that it set. */
async function call(
  path: string,
  { body, cookie = "", method = body ? "POST" : "GET" }: { body?: object; cookie?: string; method?: string } = {},
) {
  const url = files.config.screen.url;
  const headers = { cookie, origin: url, "x-vonggac": "1", "content-type": "application/json" };
  const answer = await fetch(new URL(path, url), {
    method,
    redirect: "manual",
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const cookies = answer.headers.getSetCookie().map((c) => c.split(";")[0]!);
  const said = (await answer.json().catch(() => ({}))) as Record<string, string>;
  return { status: answer.status, location: answer.headers.get("location") ?? "", cookies, said };
}

test("province.yaml knows the console's roles", () => assert.deepEqual(PEOPLE_ROLES, ROLES));

test("by the provider that province.yaml names; when it is killed the sealed account opens, and that is heard", {
  timeout: 120_000,
}, async () => {
  const ca = await makeCa("provider");
  const leaf = await serverLeaf(ca, "localhost");
  for (const [name, content] of [
    ["p.key", leaf.key],
    ["p.crt", leaf.cert],
    ["p-ca.crt", ca.cert],
    ["secret", SECRET],
  ] as const)
    writeFileSync(files.file(name), content, { mode: 0o600 });
  setDefaultCACertificates([ca.cert]);
  const port = await freePort();
  const { config } = files;
  config.screen.url = `http://127.0.0.1:${config.screen.port}`;
  config.provider = { ...(await configured(`https://localhost:${port}`)), clientSecretFile: files.file("secret") };
  writeFileSync(files.consoleFile, JSON.stringify(config));
  const argv = [
    join(here, "support/provider-child.ts"),
    String(port),
    files.file("p.key"),
    files.file("p.crt"),
    `${config.screen.url}${CALLBACK}`,
    SECRET,
  ];
  provider = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => provider!.stdout!.once("data", resolve));
  running = await files.startConsole({ env: { NODE_EXTRA_CA_CERTS: files.file("p-ca.crt") } });

  const enter = async (login: string) => {
    const begun = await call("/api/signin/provider");
    assert.equal(begun.status, 303, running!.output());
    const back = await throughPages(begun.location, login);
    return call(back.pathname + back.search, { cookie: begun.cookies[0]! });
  };
  const lan = await enter("lan");
  assert.deepEqual([lan.status, lan.location], [303, "/"]);
  const me = await call("/api/me", { cookie: lan.cookies[0]! });
  assert.deepEqual(me.said["roles"], ["security-lead"]);
  assert.equal((await enter("binh")).said["code"], "no-role");

  // An account of our own is set up, then sealed.
  const code = (await files.admin<{ code: string }>("/signin-code", "POST")).code;
  const [operator] = (await call("/api/signin", { body: { code } })).cookies;
  const account = { name: "break.glass", display: "Két sắt", roles: ["security-lead"] };
  const made = (await call("/api/accounts", { body: account, cookie: operator! })).said as never as {
    account: { uid: string };
    invitation: { code: string };
  };
  let { ticket } = (await call("/api/signin", { body: { code: made.invitation.code } })).said;
  const password = "chỉ dùng khi mất dịch vụ đăng nhập";
  ({ ticket } = (await call("/api/signin/new-password", { body: { ticket, password } })).said);
  const { secret } = (await call("/api/signin/new-factor", { body: { ticket } })).said;
  const bits = [...secret!]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => Number.parseInt(b, 2)));
  const set = await call("/api/signin/second", { body: { ticket, code: codeOf(key, stepAt(Date.now())) } });
  const recovery = (set.said as never as { recoveryCodes: string[] }).recoveryCodes;
  await call(`/api/accounts/${made.account.uid}`, { method: "PATCH", body: { state: "sealed" }, cookie: operator! });
  const first = { account: account.name, password };
  assert.equal(
    (await call("/api/signin/password", { body: first })).said["code"],
    "account-sealed",
    "while the provider lives",
  );

  provider.kill("SIGKILL");
  await eventually("known to be down", () => running!.output().includes("identity-provider-down"), 60_000);
  assert.equal((await call("/api/signin/provider")).said["code"], "provider-down");
  ({ ticket } = (await call("/api/signin/password", { body: first })).said);
  const opened = await call("/api/signin/second", { body: { ticket, code: recovery[0]! } });
  assert.equal(opened.status, 200, JSON.stringify(opened.said));
  await eventually("heard in the log", () => /"problem":"sealed-account-opened"/.test(running!.output()));
  const audit = (await call("/api/audit", { cookie: operator! })).said as never as {
    items: { act: string; detail: { method?: string } }[];
  };
  assert.ok(audit.items.some((e) => e.act === "signed-in" && e.detail.method === "sealed"));
});
