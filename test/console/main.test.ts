// The process: each wrong start ends at once, with code 78 and one line that names what is wrong and what to do.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, test } from "node:test";
import type { ConsoleConfig } from "../../console/config.ts";
import { prepareProcesses, run } from "./support/processes.ts";
import { sampleRegistry } from "./support/province.ts";

const files = await prepareProcesses();
const taken = createServer().listen(0, "127.0.0.1");
after(() => {
  taken.close();
  files.end();
});
const port = () => (taken.address() as { port: number }).port;

const cases: [string, string, (c: ConsoleConfig & Record<string, unknown>) => void, RegExp][] = [
  ["a field that nobody knows", "file-invalid", (c) => Object.assign(c, { gatway: 1 }), /gatway|additional/i],
  ["a port that is none", "file-invalid", (c) => Object.assign(c.gateway, { port: "8443" }), /gateway\/port/],
  [
    "a log that would be kept for a shorter time than the law says",
    "retention-too-short",
    (c) => Object.assign(c, { retention: { logDays: 185, systemLevel: 4 } }),
    /\/retention\/logDays.*186 for a system of level 4 \(TCVN 14423:2026/,
  ],
  [
    "a registry that is not there",
    "file-unreadable",
    (c) => Object.assign(c, { registryFile: files.file("none.json") }),
    /none\.json/,
  ],
  [
    "a registry that is broken",
    "file-not-json",
    (c) => {
      writeFileSync(files.file("broken.json"), "{");
      c.registryFile = files.file("broken.json");
    },
    /registry/,
  ],
  [
    "a target of an agent that is not there",
    "registry-dangling",
    (c) => {
      writeFileSync(files.file("dangling.json"), JSON.stringify({ ...sampleRegistry(), agents: [] }));
      c.registryFile = files.file("dangling.json");
    },
    /names/,
  ],
  [
    "a key that cannot be read",
    "gateway-tls-unusable",
    (c) => Object.assign(c.gateway, { keyFile: files.file("none.key") }),
    /none\.key/,
  ],
  [
    "a key of another certificate",
    "gateway-tls-unusable",
    (c) => Object.assign(c.gateway, { keyFile: files.file("agents-ca.key") }),
    /key/,
  ],
  [
    "the gateway's port taken",
    "gateway-address-unusable",
    (c) => Object.assign(c.gateway, { port: port() }),
    /EADDRINUSE/,
  ],
  [
    "the screen's port taken",
    "screen-address-unusable",
    (c) => Object.assign(c.screen, { port: port() }),
    /EADDRINUSE/,
  ],
  [
    "no socket at the descriptor",
    "screen-address-unusable",
    (c) => Object.assign(c.screen, { fd: 42 }),
    /descriptor 42/,
  ],
  [
    "the metrics' port taken",
    "metrics-address-unusable",
    (c) => Object.assign(c.metrics, { port: port() }),
    /EADDRINUSE/,
  ],
];

for (const [what, code, change, says] of cases)
  test(`${what}: ${code}`, async () => {
    const config = structuredClone(files.config) as ConsoleConfig & Record<string, unknown>;
    change(config);
    writeFileSync(files.file("wrong.json"), JSON.stringify(config));
    const started = run("console/main.ts", files.file("wrong.json"));
    assert.equal(await started.exited, 78, started.output());
    const line = JSON.parse(started.output().trim().split("\n").at(-1)!);
    assert.deepEqual([line.level, line.problem], ["fatal", code]);
    assert.match(`${line.where} ${line.detail}`, says);
    assert.ok(line.remedy.length > 10);
    rmSync(files.config.dataDir, { recursive: true, force: true });
  });

test("a second console beside a running one: neither its record nor its admin socket is taken from it", async () => {
  const running = await files.startConsole();
  for (const [code, dataDir] of [
    ["store-in-use", files.config.dataDir],
    ["admin-socket-in-use", files.file("other-record")],
  ]) {
    const config = structuredClone(files.config);
    Object.assign(config, { dataDir });
    config.gateway.port = config.screen.port = 0;
    writeFileSync(files.file("wrong.json"), JSON.stringify(config));
    const second = run("console/main.ts", files.file("wrong.json"));
    assert.equal(await second.exited, 78, second.output());
    assert.ok(second.output().includes(`"problem":"${code}"`), second.output());
  }
  assert.equal((await files.admin<{ ready: boolean }>("/status")).ready, true);
  await running.kill();
});

test("SIGTERM ends it with 0, and leaves a record that opens again", async () => {
  for (let i = 0; i < 2; i++) {
    const started = await files.startConsole();
    await started.kill();
    assert.equal(await started.exited, 0, started.output());
  }
});
