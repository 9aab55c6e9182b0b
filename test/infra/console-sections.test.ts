// What province.yaml says of the console itself (notify, enrolment, retention): from that text to console.json and the files beside it,
// and to the console that reads them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readConfig } from "../../console/config.ts";
import { enrolmentDesk } from "../../console/enrolments.ts";
import { deploymentFor } from "../../infra/deployment.ts";
import { FLOWS, SERVICES } from "../../infra/plan/firewall.ts";
import type { FileSpec } from "../../infra/platforms/platform.ts";
import { OUTWARD_PORTS } from "../../infra/province/schema.ts";
import { channelSecret, keepBrought, openVault } from "../../infra/vault/index.ts";

const work = mkdtempSync(join(tmpdir(), "vonggac-sections-"));
after(() => rmSync(work, { recursive: true, force: true }));
const good = readFileSync(join(import.meta.dirname, "province/good.yaml"), "utf8");

const NOTIFY = `notify:
  mail:
    - { id: mail, host: mail.example.vn, port: 587, from: vonggac@example.vn, user: vonggac, passwordSecret: smtp-password }
  webhooks:
    - { id: soc, url: "https://soc.example.vn/hook", keySecret: soc-key, language: en }
  heartbeat: { url: "https://watch.example.vn:8460/beat", keySecret: beat-key, everySeconds: 30 }
  reach: [10.20.0.0/16]
`;
let made = 0;
/** The console's files, of a province with these sections. */
async function consoleOf(sections: string, secrets: Record<string, string> = {}, preview = false) {
  const folder = join(work, `${++made}`);
  const stateDir = join(folder, "state");
  const vault = openVault(join(stateDir, "vault"), Date.now());
  for (const [name, secret] of Object.entries(secrets)) keepBrought(vault, channelSecret(name), secret);
  const provinceFile = join(folder, "province.yaml");
  writeFileSync(provinceFile, good.replace("lab:\n", `${sections}lab:\n`));
  const screen = { screenPort: 1, screenListen: "127.0.0.1", screenUrl: "http://127.0.0.1:1" };
  const { deployment } = await deploymentFor({ provinceFile, stateDir, preview, ...screen });
  const host = deployment.hosts.find((h) => h.id === "console")!;
  const file = (path: string) => host.files.find((f) => f.path === path);
  const text = (path: string) => (file(path)!.content as { text: string }).text;
  writeFileSync(join(folder, "console.json"), text("/run/vonggac/console.json"));
  return { host, file, config: readConfig(join(folder, "console.json")) };
}
const SECRETS = { "smtp-password": "mật khẩu", "soc-key": "khóa một", "beat-key": "khóa hai" };

test("channels reach console.json, their secrets lie beside it for the console alone, and no digest of one stands anywhere", async () => {
  const { host, file, config } = await consoleOf(NOTIFY, SECRETS);
  assert.deepEqual(
    config.notify!.channels.map((c) => [c.kind, c.id]),
    [
      ["mail", "mail"],
      ["webhook", "soc"],
    ],
  );
  assert.deepEqual(config.notify!.heartbeat, {
    url: "https://watch.example.vn:8460/beat",
    keySecret: "beat-key",
    everySeconds: 30,
  });
  assert.deepEqual(config.outbound, { allow: ["10.20.0.0/16"] });
  for (const [name, secret] of Object.entries(SECRETS)) {
    const lies = file(`${config.secretsDir}/${name}`)!;
    assert.deepEqual([lies.mode, lies.owner], ["0400", "vonggac-console:vonggac-console"]);
    const { fingerprint } = lies.content as Extract<FileSpec["content"], { secret: string }>;
    const digest = createHash("sha256").update(secret).digest("hex");
    assert.match(fingerprint, /^[0-9a-f]{32}$/);
    assert.ok(!digest.startsWith(fingerprint), "a password can be guessed, and a digest would prove the guess");
    assert.ok(!JSON.stringify(host).includes(secret));
  }
  const restarts = host.daemons.find((d) => d.name === "console")!.files;
  assert.ok(!restarts.some((f) => f.startsWith(config.secretsDir!)), "a new password starts nothing again");
});

test("a secret put again is told by its mark", async () => {
  const vault = openVault(join(work, "marks"), Date.now());
  keepBrought(vault, channelSecret("a"), " one\n");
  const first = vault.fingerprint(channelSecret("a"));
  assert.equal(vault.read(channelSecret("a")), "one");
  keepBrought(vault, channelSecret("a"), "two");
  assert.notEqual(vault.fingerprint(channelSecret("a")), first);
  assert.throws(() => channelSecret("../tokens/a"), { code: "secret-name" });
});

test("secrets that the vault lacks are asked for by name, all at once; a look goes on without", async () => {
  await assert.rejects(consoleOf(NOTIFY, { "soc-key": "x" }), {
    code: "channel-secret-missing",
    where: "smtp-password, beat-key",
  });
  const { file } = await consoleOf(NOTIFY, { "soc-key": "x" }, true);
  assert.ok(file("/run/vonggac/secrets/soc-key") && !file("/run/vonggac/secrets/beat-key"));
});

test("without the section nothing of it stands there", async () => {
  const { config, host } = await consoleOf("");
  assert.deepEqual([config.notify, config.secretsDir, config.outbound], [undefined, undefined, undefined]);
  assert.ok(!host.directories.some((d) => d.path.includes("secrets")));
});

test("the firewall lets the console out to those ports and no others", () => {
  const out = FLOWS.filter((f) => f.from.tasks?.includes("console")).flatMap((f) => f.services);
  const ports = out.flatMap((s) => [...SERVICES[s].tcp]);
  assert.deepEqual([...new Set(Object.values(OUTWARD_PORTS).flat())].sort(), [...new Set<number>(ports)].sort());
});

const registry = {
  agents: [
    { id: "xa-mot", agency: "xa-mot", host: "xa-mot" },
    { id: "xa-hai", agency: "xa-hai", host: "xa-hai" },
    { id: "bast1", agency: "dc1", host: "bast1" },
  ],
  agencies: [
    { id: "xa-mot", level: "commune" },
    { id: "xa-hai", level: "commune" },
    { id: "dc1", level: "datacentre" },
  ],
};
for (const [policy, waits] of [
  ["", []],
  ["enrolment: { approve: all }\n", ["xa-mot", "xa-hai", "bast1"]],
  ["enrolment: { approve: [commune] }\n", ["xa-mot", "xa-hai"]],
  ["enrolment: { approve: [xa-hai, dc1] }\n", ["xa-hai", "bast1"]],
] as const)
  test(`whose agents a person lets in: ${policy.trim() || "nobody's, the token suffices"}`, async () => {
    const { config } = await consoleOf(policy);
    const asked: string[] = [];
    const enrolments = {
      revocations: () => [],
      request: () => undefined,
      waitingOf: () => 0,
      ask: () => asked.push(""),
    };
    const desk = enrolmentDesk({
      store: { enrolments, transaction: (work: () => unknown) => work() } as never,
      registry: () => registry as never,
      approve: config.enrolment?.approve ?? [],
      now: Date.now,
    });
    const held = registry.agents.filter(({ id }) => desk.mayEnrol(id, "key", "::1") === "approval-pending");
    assert.deepEqual(
      held.map((a) => a.id),
      waits,
    );
    assert.equal(asked.length, waits.length, "each is kept for a person to look at");
  });

test("a retention that the law allows reaches the console", async () => {
  const { config } = await consoleOf("retention: { systemLevel: 4, logDays: 186 }\n");
  assert.deepEqual(config.retention, { systemLevel: 4, logDays: 186 });
});
