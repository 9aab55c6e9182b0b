// From province.yaml to a received mail: a province names a relay, a webhook and a watcher that stand on the stand-in of the Internet, and
// provisions. A hub goes down: mail and a signed POST arrive over the provisioned network. The relay dies, and the console says so. The
// console is killed, and the watcher says so.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { parseDocument } from "yaml";
import type { Incident } from "../../protocol/index.ts";
import { serverLeaf } from "../console/support/pki.ts";
import { type Postfix, startPostfix, whyNoPostfix } from "../console/support/postfix.ts";
import {
  admin,
  ensureLab,
  incidents,
  inHost,
  lab,
  mustLab,
  namespaceOf,
  PORT,
  ROOT,
  runFolder,
  STACK,
  until,
  vonggac,
  whyNoLab,
} from "../support/lab.ts";
import { allRecovered } from "../support/watch.ts";

const skip = whyNoLab() ?? whyNoPostfix() ?? false;
const work = skip ? "" : mkdtempSync(path.join(tmpdir(), "vonggac-notify-"));
const whole = path.join(ROOT, "province.yaml");
const SHIPPED = readFileSync(path.join(ROOT, "console/notify/data/notifications.yaml"), "utf8");
const HUB = "hub1";
const secrets = { "soc-key": randomBytes(32).toString("base64"), "beat-key": randomBytes(32).toString("base64") };
const children: ChildProcess[] = [];
let postfix: Postfix | undefined;
/** What has to be undone: all, or the provisioning alone. */
let changed: "broken" | "mended" | undefined;

const BROUGHT = path.join(ROOT, ".vonggac", ...(STACK === "lab" ? [] : ["stacks", STACK]), "vault/notify");
const forget = () => rmSync(BROUGHT, { recursive: true, force: true });
/** The province as it was, and no secret of this test. */
async function asBefore(): Promise<void> {
  await mustLab("up", "--port", String(PORT), "--province", whole);
  forget();
}

before(
  async () => {
    if (skip) return;
    // A run before this one may have been cut off.
    if (existsSync(BROUGHT)) await asBefore();
    await ensureLab();
  },
  { timeout: 200_000 },
);
after(async () => {
  if (skip) return;
  for (const child of children) child.kill("SIGKILL");
  if (changed === "broken") {
    await mustLab("heal");
    await mustLab("fault", "hub-down", HUB, "--undo").catch(() => undefined);
  }
  if (changed) {
    await asBefore();
    await until("the console is back", 30_000, async () => (await admin<unknown[]>("/agents")).length > 0);
    await putRules(SHIPPED);
    await allRecovered(60_000);
  }
  await postfix?.end();
  rmSync(work, { recursive: true, force: true });
});

/** As whoever holds the machine. */
function post<T>(at: string, body: object): Promise<T> {
  const socketPath = path.join(runFolder("console"), "run/vonggac/console-admin.sock");
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), "x-vonggac": "1" };
    const sent = request({ socketPath, path: at, method: "POST", headers, agent: false }, (answer) => {
      let said = "";
      answer.setEncoding("utf8").on("data", (d) => {
        said += d;
      });
      answer.on("end", () =>
        answer.statusCode! < 300
          ? resolve(JSON.parse(said) as T)
          : reject(new Error(`${at}: ${answer.statusCode} ${said}`)),
      );
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

async function putRules(text: string): Promise<void> {
  const { result } = await post<{ result: { version: number } }>("/api/casework/policy", { name: "notifications" });
  await post("/api/casework/put-policy", { name: "notifications", text, reason: "scenario", basedOn: result.version });
}

/** Starts a program on the stand-in of the Internet; gives what it wrote so far. */
function onInternet(...argv: string[]): () => string {
  const child = spawn("ip", ["netns", "exec", namespaceOf("inet"), process.execPath, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: ROOT,
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (d: Buffer) => {
      text += d;
    });
  return () => text;
}

const file = (name: string, text: string): string => {
  writeFileSync(path.join(work, name), text, { mode: 0o600 });
  return path.join(work, name);
};

/** Quoted-printable undone, so that Vietnamese can be looked for. */
const plain = (raw: string): string =>
  raw
    .replaceAll("\r\n", "\n")
    .replace(/=\n/g, "")
    .replace(/(=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("=", ""), "hex").toString("utf8"));

type State = { channels: { id: string; state: string; pending: number; error?: { code: string } }[] };
const channel = async (id: string) => (await admin<State>("/api/notifications")).channels.find((c) => c.id === id)!;

test("the relay's death is told by the console, a hub's is mailed and posted, the console's is told by the watcher", {
  skip,
  timeout: 400_000,
}, async () => {
  // What stands outside: a real Postfix, a receiver of webhooks, the watcher.
  const { stdout } = await inHost("inet", "ip", "-6", "-o", "addr", "show", "dev", "lo", "scope", "global");
  const address = /inet6 ([0-9a-f:]+)\//.exec(stdout)?.[1];
  assert.ok(address, stdout);
  postfix = await startPostfix({ port: 587, addresses: [address], certified: address, netns: namespaceOf("inet") });
  const leaf = await serverLeaf(postfix.ca, address);
  const [key, cert] = [file("leaf.key", leaf.key), file("leaf.crt", leaf.cert)];
  const hook = onInternet(path.join(import.meta.dirname, "notify/hook.ts"), address, "443", key, cert);
  for (const [name, secret] of Object.entries(secrets)) file(name, secret);
  const watcher = {
    console: "console.camau.gov.vn",
    language: "vi",
    listen: { host: address, port: 8460, certFile: cert, keyFile: key, keySecret: "beat-key" },
    silentAfterSeconds: 12,
    repeatMinutes: 60,
    secretsDir: work,
    stateFile: path.join(work, "state.json"),
    outbound: { allow: [`${address}/128`], rootsFile: file("roots.pem", postfix.ca.cert) },
    channels: [
      { id: "mail", kind: "mail", host: address, port: 587, from: "deadman@mail.test", to: ["ngoai@mail.test"] },
    ],
  };

  // The province names them, and is refused until their secrets are there.
  const document = parseDocument(readFileSync(whole, "utf8"));
  document.set(
    "notify",
    document.createNode({
      mail: [{ id: "mail", host: address, port: 587, from: "vonggac@mail.test" }],
      webhooks: [{ id: "soc", url: `https://[${address}]/hooks/vonggac`, keySecret: "soc-key" }],
      heartbeat: { url: `https://[${address}]:8460/beat`, keySecret: "beat-key", everySeconds: 5 },
      // Documentation addresses are no public ones.
      reach: [`${address}/128`],
      roots: postfix.ca.cert,
    }),
  );
  const province = file("province.yaml", document.toString());
  cpSync(path.join(ROOT, "province.lock"), path.join(work, "province.lock"));
  const up = ["up", "--port", String(PORT), "--province", province];
  const early = await lab(...up);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /\[channel-secret-missing\][\s\S]*soc-key, beat-key/);
  for (const name of Object.keys(secrets)) {
    const kept = await vonggac("channel-secret", name, path.join(work, name), "--stack", STACK);
    assert.equal(kept.code, 0, kept.stderr);
  }
  changed = "broken";
  await mustLab(...up);
  const lies = statSync(path.join(runFolder("console"), "run/vonggac/secrets/soc-key"));
  assert.equal(lies.mode & 0o777, 0o400);
  await until("provisioned channels are known", 60_000, async () => (await channel("soc")) !== undefined);
  await post("/api/me/contact", { mail: "truc@mail.test", language: "vi" });
  assert.deepEqual(await post("/api/notifications/test", { channel: "mail" }), { sent: true });
  const deadman = onInternet("cli/vonggac.ts", "deadman", "--config", file("deadman.json", JSON.stringify(watcher)));
  const heardIt = async () => statSync(watcher.stateFile, { throwIfNoEntry: false }) !== undefined;
  await until("the watcher hears it", 30_000, heardIt).catch((error: Error) => {
    throw new Error(`${error.message}\n${deadman()}`);
  });

  // The relay dies: after three tries it is dead, and that is told over the channels that live.
  // The document says who is told over what the province named; a run before this one may have put one.
  const rules = SHIPPED.replace("direct: [screen]", "direct: [screen, mail]")
    .replace("routes:\n", "routes:\n  - { id: soc, channels: [soc], kinds: [opened, reopened] }\n")
    .replace("deadAfterMinutes: 3", "deadAfterMinutes: 0")
    .replace("dedupMinutes: 10", "dedupMinutes: 0");
  await putRules(rules);
  type Notices = { items: { kind: string; subject: string }[] };
  const told = async (kind: string) =>
    (await admin<Notices>("/api/me/notices")).items.filter((n) => n.kind === kind).length;
  const [deadBefore, backBefore] = [await told("channel-dead"), await told("channel-back")];
  await postfix.stop();
  for (let n = 0; n < 3; n++)
    await assert.rejects(post("/api/notifications/test", { channel: "mail" }), /smtp-unreachable/);
  const dead = await channel("mail");
  assert.deepEqual([dead.state, dead.error?.code], ["dead", "smtp-unreachable"]);
  await until("the screen says so", 20_000, async () => (await told("channel-dead")) > deadBefore);
  await postfix.start();
  assert.deepEqual(await post("/api/notifications/test", { channel: "mail" }), { sent: true });
  await until("and that it is back", 20_000, async () => (await told("channel-back")) > backBefore);

  // A hub goes down. A console that has just started waits for its agents before it concludes anything.
  await mustLab("fault", "hub-down", HUB);
  let incident: Incident | undefined;
  await until("the incident", 50_000, async () => {
    incident = (await incidents()).find(
      (i) => i.cause.asset === HUB && i.state !== "recovered" && i.state !== "closed",
    );
    return incident !== undefined;
  });
  const { id } = incident!;
  const mailsOf = (word: string) =>
    postfix!
      .mails()
      .map(plain)
      .filter((m) => m.includes(word));
  await until("its mail is in the box", 30_000, async () => mailsOf(`X-Vonggac-Incident: ${id}`).length > 0);
  const [mail = ""] = mailsOf(`X-Vonggac-Incident: ${id}`);
  assert.match(mail, /Nghiêm trọng/);
  assert.match(mail, /with ESMTPS/, "encrypted on its way");
  type Posted = { headers: Record<string, string>; body: string };
  const posted = () =>
    hook()
      .split("\n")
      .filter((l) => l.startsWith("{"))
      .map((l) => JSON.parse(l) as Posted);
  const aboutIt = () => posted().find((p) => p.body.includes(id));
  await until("its POST arrived", 20_000, async () => aboutIt() !== undefined);
  const { headers, body } = aboutIt()!;
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const signature = createHmac("sha256", secrets["soc-key"]).update(signed).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${signature}`);
  assert.equal(JSON.parse(body).incident.cause.asset, HUB);
  await mustLab("fault", "hub-down", HUB, "--undo");

  // The console is killed with whoever would start it again.
  assert.doesNotMatch(deadman(), /console-silent/);
  const supervisor = Number(readFileSync(path.join(runFolder("console"), ".lab/console.pid"), "utf8"));
  process.kill(-supervisor, "SIGKILL");
  await until("the watcher has mailed", 40_000, async () => mailsOf("deadman@mail.test").length === 1);
  assert.match(mailsOf("deadman@mail.test")[0]!, /To: ngoai@mail\.test/);
  assert.match(deadman(), /console-silent/);
  await mustLab("heal");
  await until("and that it is back", 40_000, async () => mailsOf("deadman@mail.test").length === 2);
  assert.match(deadman(), /console-back/);
  changed = "mended";
  for (const secret of Object.values(secrets)) assert.ok(!`${hook()}${deadman()}`.includes(secret));
});
