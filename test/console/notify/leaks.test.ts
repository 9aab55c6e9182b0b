// A whole console with planted secrets, in a network namespace of its own, whose every channel fails in another way, at servers that say
// back what they are told: nothing that it wrote, kept or answered holds any of them.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { makeCa, serverLeaf } from "../support/pki.ts";
import { type Process, prepareProcesses } from "../support/processes.ts";
import { eventually } from "../support/rig.ts";

const run = promisify(execFile);
const skip = process.getuid?.() === 0 ? false : "needs root for a network namespace";
const NAMESPACE = `vgleaks-${process.pid}`;
/** Neither loopback nor public: the console's configuration names it. */
const ADDRESS = "10.99.7.1";
const METRICS = 9_465;
const SECRETS = {
  "smtp-password": "mat-khau-thu-dien-tu-8841",
  "dead-password": "mat-khau-may-chu-chet-5523",
  "open-password": "mat-khau-ai-cung-doc-duoc-7717",
  "soc-key": "khoa-webhook-trung-tam-3309",
  "beat-key": "khoa-tin-hieu-song-6612",
};
const TOKEN = "vgt_ma-api-khong-co-that-9934";
const CODE = "MÃ-ĐĂNG-NHẬP-SAI-4471";
/** What each channel's try must come to: a test in which nothing fails proves nothing. */
const FAILS = {
  login: "smtp-login-refused",
  dead: "smtp-unreachable",
  open: "secret-exposed",
  soc: "http-500",
  gone: "secret-missing",
};

const files = await prepareProcesses();
let running: Process | undefined;
let server: ChildProcess | undefined;
const inside = (...argv: string[]) => run("ip", ["netns", "exec", NAMESPACE, ...argv], { maxBuffer: 32e6 });

before(async () => {
  if (skip) return;
  execFileSync("ip", ["netns", "add", NAMESPACE]);
  execFileSync("ip", ["-n", NAMESPACE, "link", "set", "lo", "up"]);
  execFileSync("ip", ["-n", NAMESPACE, "addr", "add", `${ADDRESS}/32`, "dev", "lo"]);
  const ca = await makeCa("leaks");
  const leaf = await serverLeaf(ca, ADDRESS);
  const { file, config } = files;
  for (const [name, text] of [
    ["echo.key", leaf.key],
    ["echo.crt", leaf.cert],
    ["roots.pem", ca.cert],
  ] as const)
    writeFileSync(file(name), text, { mode: 0o600 });
  mkdirSync(file("secrets"));
  for (const [name, secret] of Object.entries(SECRETS)) writeFileSync(file(`secrets/${name}`), secret, { mode: 0o400 });
  chmodSync(file("secrets/open-password"), 0o644);
  const mail = {
    kind: "mail" as const,
    host: ADDRESS,
    from: "vonggac@mail.test",
    user: "vonggac",
    to: ["an@mail.test"],
  };
  const hook = { kind: "webhook" as const, url: `https://${ADDRESS}/hook` };
  config.metrics.port = METRICS;
  config.secretsDir = file("secrets");
  config.outbound = { allow: [`${ADDRESS}/32`], rootsFile: file("roots.pem") };
  config.notify = {
    channels: [
      { ...mail, id: "login", port: 465, passwordSecret: "smtp-password" },
      { ...mail, id: "dead", port: 587, passwordSecret: "dead-password" },
      { ...mail, id: "open", port: 465, passwordSecret: "open-password" },
      { ...hook, id: "soc", keySecret: "soc-key" },
      { ...hook, id: "gone", keySecret: "not-there" },
    ],
    heartbeat: { url: `https://${ADDRESS}/beat`, keySecret: "beat-key", everySeconds: 5 },
  };
  config.logLevel = "trace";
  writeFileSync(files.consoleFile, JSON.stringify(config));
  const argv = [join(import.meta.dirname, "echo-server.ts"), ADDRESS, file("echo.key"), file("echo.crt")];
  server = spawn("ip", ["netns", "exec", NAMESPACE, process.execPath, ...argv], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => server!.stdout!.once("data", resolve));
  running = await files.startConsole({ within: ["ip", "netns", "exec", NAMESPACE] });
});
after(async () => {
  await running?.kill("SIGKILL");
  server?.kill("SIGKILL");
  if (!skip) execFileSync("ip", ["netns", "del", NAMESPACE]);
  files.end();
});

/** As whoever holds the machine; the answer as it came. */
function call(method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = request(
      { socketPath: files.config.adminSocket, method, path, headers: body ? headers : {}, agent: false },
      (answer) => {
        let said = `${JSON.stringify(answer.headers)}\n`;
        answer.setEncoding("utf8").on("data", (d: string) => {
          said += d;
        });
        answer.on("end", () => resolve(said));
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** A secret as it is, and as a header, a log or a database may carry it. */
const formsOf = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    encodeURIComponent(secret),
    Buffer.from(`\0vonggac\0${secret}`).toString("base64"),
  ];
};

test("with every channel failing, no secret stands in log, record, metrics or answer", {
  skip,
  timeout: 90_000,
}, async () => {
  const answers: string[] = [];
  const ask = async (...[method, path, body]: Parameters<typeof call>) => {
    const said = await call(method, path, body);
    answers.push(said);
    return said;
  };
  for (const [id, code] of Object.entries(FAILS))
    assert.match(await ask("POST", "/api/notifications/test", { channel: id }), new RegExp(code), id);
  // And by the way that messages go: through outbox, tries and health.
  await ask("POST", "/api/incidents", {
    asset: "portal",
    class: "data",
    severity: "critical",
    detectedAt: Date.now(),
    summary: "thử",
    agencies: ["xa-mot"],
    indicators: [],
  });
  // Secrets that people bring to the wrong door.
  const door = `http://127.0.0.1:${files.config.screen.port}`;
  for (const argv of [
    ["-H", `authorization: Bearer ${TOKEN}`, `${door}/api/incidents`],
    [`${door}/api/incidents?access_token=${encodeURIComponent(TOKEN)}`],
    [`${door}/${encodeURIComponent(TOKEN)}`],
    [
      "-H",
      "content-type: application/json",
      "-H",
      "x-vonggac: 1",
      "-d",
      JSON.stringify({ code: CODE }),
      `${door}/api/signin`,
    ],
  ])
    answers.push((await inside("curl", "-s", "-i", ...argv)).stdout.replaceAll(argv.at(-1)!, ""));
  const metrics = async () => (await inside("curl", "-s", `http://127.0.0.1:${METRICS}/metrics`)).stdout;
  const counted = await eventually(
    "each try and sign of life is counted",
    async () => {
      const text = await metrics();
      const tries = Object.entries(FAILS).every(([channel, result]) =>
        text.includes(`vonggac_console_notification_tries_total{channel="${channel}",result="${result}"}`),
      );
      return tries && text.includes('vonggac_console_heartbeats_total{result="http-500"}') && text;
    },
    30_000,
  );
  answers.push(counted);
  for (const path of [
    "/api/notifications",
    "/api/me/notices",
    "/api/audit?limit=100",
    "/incidents",
    "/status",
    "/api/incidents",
  ])
    await ask("GET", path);
  await ask("POST", "/api/casework/policy", { name: "notifications" });
  assert.match(answers.join("\n"), /"login"/, "the answers speak of the channels");
  assert.match(answers.join("\n"), /\*\*\*/, "a server that said the password back was heard, without it");

  // What it wrote: the log, and all that stands beside it but the secrets' own folder and what this test put there.
  const kept = readdirSync(files.config.dataDir, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name));
  assert.ok(kept.length > 1, `${kept}`);
  const places = new Map([
    ["the log", running!.output()],
    ["an answer", answers.join("\n")],
    ...kept.map((f) => [f, readFileSync(f, "latin1")] as const),
    ["the command line", readFileSync(`/proc/${running!.child.pid}/cmdline`, "utf8")],
  ]);
  assert.match(places.get("the log")!, /heartbeat-not-taken/, "errors were logged");
  for (const secret of [...Object.values(SECRETS), TOKEN, CODE])
    for (const form of formsOf(secret))
      for (const [place, text] of places)
        for (const written of [form, Buffer.from(form, "utf8").toString("latin1")])
          assert.ok(!text.includes(written), `${secret} stands in ${place}`);
});
