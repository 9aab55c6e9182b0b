// The agent as a process, from its configuration file to its exit, against a console of the test's own.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Target } from "../../protocol/target.ts";
import { freePort } from "../support/port.ts";
import { consolePki, TestConsole, until } from "./support/console.ts";
import { Pki } from "./support/pki.ts";

const MAIN = join(import.meta.dirname, "../../agent/main.ts");
const pki = new Pki();
const keys = consolePki(pki, "hub1");
const dir = mkdtempSync(join(tmpdir(), "agent-"));
const far = new TestConsole(keys.own, keys.ca.certificate);
const planner = generateKeyPairSync("ed25519");
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const enrol = createServer({ key: keys.own.key, cert: keys.own.certificate }, async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  const { csr, token } = JSON.parse(text);
  const uri = "subjectAltName=URI:urn:vonggac:agent:hub1\nextendedKeyUsage=clientAuth";
  const isRight = token === "geheim-token";
  response
    .writeHead(isRight ? 200 : 403)
    .end(JSON.stringify(isRight ? { certificate: pki.sign(keys.ca, csr, uri) } : {}));
});
let configPath = "";
const metricsPort = await freePort();
before(async () => {
  await far.listen();
  await new Promise<void>((resolve) => enrol.listen(0, "::1", resolve));
  configPath = file(
    "agent.json",
    JSON.stringify({
      agent: "hub1",
      console: {
        url: far.url,
        enrol: `https://[::1]:${(enrol.address() as { port: number }).port}/enrol`,
        serverName: "console.x",
      },
      rootsFile: file("roots.pem", keys.root.certificate),
      configKeyFile: file("key.pem", planner.publicKey.export({ type: "spki", format: "pem" }) as string),
      tokenFile: file("token", "geheim-token"),
      stateDir: join(dir, "state"),
      metrics: { host: "127.0.0.1", port: metricsPort },
      outboxItems: 10_000,
      logLevel: "info",
    }),
  );
});
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
  far.close();
  enrol.close();
  enrol.closeAllConnections();
  for (const d of [dir, pki.dir]) rmSync(d, { recursive: true });
});

function start(config = configPath) {
  const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const seen = { log: "", code: undefined as number | null | undefined };
  child.stdout.on("data", (text) => {
    seen.log += text;
  });
  child.stderr.on("data", (text) => {
    seen.log += text;
  });
  child.on("exit", (code) => {
    seen.code = code;
  });
  return { child, seen };
}
const head = { agency: "dc1", agent: "hub1", asset: "x" };
const targets: Target[] = [
  { ...head, id: "lo", kind: "link", everyMs: 200, expects: { device: "lo", sessions: [] } },
  { ...head, id: "none", kind: "link", everyMs: 200, expects: { device: "nothere0", sessions: [] } },
  {
    ...head,
    id: "log",
    kind: "ssh-log",
    everyMs: 200,
    expects: { path: join(dir, "sshd.log"), failures: 3, windowMs: 60_000 },
  },
];
const assign = (serial: number, list: Target[]) => {
  const payload = JSON.stringify({ agent: "hub1", serial, targets: list });
  const signature = sign(null, Buffer.from(payload), planner.privateKey).toString("base64");
  far.send({ t: "assign", payload, signature });
};
const reported = (target: string) => far.record.filter((i) => i.type === "report" && i.target === target);

test("enrols, takes its assignment, reports, detects, and goes on after a kill without a console", async () => {
  far.beatMs = 400;
  writeFileSync(join(dir, "sshd.log"), "");
  const first = start();
  await until(() => far.hellos.length === 1, 10_000, `hello; the agent said ${first.seen.log}`);
  assert.equal(existsSync(join(dir, "token")), false);
  assert.deepEqual(far.hellos[0]!.config, { serial: 0, hash: "", status: "none" });
  assign(1, targets);
  await until(() => far.batches.some((b) => b.config?.status === "applied"));
  await until(() => reported("lo").length === 1 && reported("none").length === 1 && reported("log").length === 1);
  assert.match(JSON.stringify(reported("none")), /LINK_DEVICE_MISSING/);
  for (let port = 1; port <= 4; port++)
    appendFileSync(join(dir, "sshd.log"), `Failed password for root from 192.0.2.7 port ${port} ssh2\n`);
  await until(() => far.record.some((i) => i.type === "detection"));
  const detection = far.record.find((i) => i.type === "detection");
  assert.ok(detection?.type === "detection");
  assert.deepEqual([detection.actor, detection.count, detection.target], ["192.0.2.7", 4, "log"]);
  await until(() => far.batches.at(-1)?.digest !== undefined, 3_000, "a beat with a digest");
  assert.equal(reported("lo").length, 1, "what is unchanged does not travel");

  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  for (const line of [
    /vonggac_agent_connected 1/,
    /vonggac_agent_targets 3/,
    /vonggac_agent_findings 1/,
    /vonggac_agent_outbox_entries \d/,
    /vonggac_agent_runs_total\{check="link",outcome="ran"\} [1-9]/,
    /vonggac_agent_detections_total\{detector="ssh-brute-force"\} 1/,
  ])
    assert.match(metrics, line);

  first.child.kill("SIGKILL");
  await until(() => first.seen.code !== undefined);
  const { epoch } = far;
  far.isDeaf = true;
  const second = start();
  await until(() => second.seen.log.includes('"assignment applied"'), 5_000);
  await until(() => far.hellos.length >= 2, 5_000);
  assert.equal(far.hellos.at(-1)!.epoch, epoch);
  assert.equal(far.hellos.at(-1)!.config.serial, 1);
  assert.notEqual(far.hellos.at(-1)!.instance, far.hellos[0]!.instance);
  far.isDeaf = false;
  await until(() => reported("lo").length >= 2, 8_000);
  assign(2, targets.slice(0, 1));
  await until(() => far.batches.some((b) => b.config?.serial === 2), 8_000);

  second.child.kill("SIGTERM");
  await until(() => second.seen.code !== undefined);
  assert.equal(second.seen.code, 0);
  const said = first.seen.log + second.seen.log;
  for (const line of said.trim().split("\n")) JSON.parse(line);
  assert.ok(!said.includes("geheim-token") && !said.includes("PRIVATE KEY"), "no secret in the log");
  const record = JSON.stringify(far.frames);
  assert.ok(!record.includes("geheim-token") && !record.includes("PRIVATE KEY"));
});

test("what nothing can be done without ends it with a name, a remedy and exit code 1", async () => {
  const bad = JSON.parse(readFileSync(configPath, "utf8"));
  const unwritable = join(dir, "file");
  writeFileSync(unwritable, "");
  mkdirSync(join(dir, "unusable"));
  writeFileSync(join(dir, "unusable", "identity.pem"), "no key");
  const table: [string, string][] = [
    [join(dir, "nowhere.json"), "config-unreadable"],
    [file("bad.json", JSON.stringify({ ...bad, outboxItems: "many" })), "config-invalid"],
    [file("state.json", JSON.stringify({ ...bad, stateDir: join(unwritable, "x") })), "state-unwritable"],
    [file("id.json", JSON.stringify({ ...bad, stateDir: join(dir, "unusable") })), "identity-unusable"],
  ];
  for (const [config, code] of table) {
    const { seen } = start(config);
    await until(() => seen.code !== undefined, 8_000);
    assert.equal(seen.code, 1, code);
    const last = JSON.parse(seen.log.trim().split("\n").at(-1)!);
    assert.equal(last.err.code, code);
    assert.ok(last.remedy.length > 10);
  }
});
