import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readConfig } from "../../agent/config.ts";
import { AgentError } from "../../agent/errors.ts";
import { Pki } from "./support/pki.ts";

const dir = mkdtempSync(join(tmpdir(), "config-"));
const pki = new Pki();
after(() => {
  for (const d of [dir, pki.dir]) rmSync(d, { recursive: true });
});
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const ed = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
  type: "spki",
  format: "pem",
}) as string;
const good = {
  agent: "so-noi-vu",
  console: {
    url: "wss://[2001:db8::1]:8443/agent",
    enrol: "https://[2001:db8::1]:8443/enrol",
    serverName: "console.x",
  },
  rootsFile: file("roots.pem", pki.root("r").certificate),
  configKeyFile: file("key.pem", ed),
  tokenFile: "/run/vonggac/agent-token",
  stateDir: "/run/vonggac/agent",
  metrics: { host: "127.0.0.1", port: 9464 },
  outboxItems: 100_000,
  logLevel: "info",
};

test("the file that docs/architecture.md shows is read", () => {
  const config = readConfig(file("agent.json", JSON.stringify(good)));
  assert.equal(config.agent, "so-noi-vu");
  assert.equal(config.configKey.asymmetricKeyType, "ed25519");
  assert.match(config.roots, /BEGIN CERTIFICATE/);
});

test("one bad file for each rule, and what it gets", () => {
  const table: [string, unknown, string, RegExp][] = [
    ["not there", undefined, "config-unreadable", /missing\.json \(ENOENT\)/],
    ["not JSON", "{", "config-invalid", /JSON/],
    ["no agent", { ...good, agent: undefined }, "config-invalid", /agent/],
    ["plain ws", { ...good, console: { ...good.console, url: "ws://x/agent" } }, "config-invalid", /\/console\/url/],
    ["plain http", { ...good, console: { ...good.console, enrol: "http://x" } }, "config-invalid", /\/console\/enrol/],
    ["a port that is none", { ...good, metrics: { host: "::1", port: 70_000 } }, "config-invalid", /\/metrics\/port/],
    ["a tiny outbox", { ...good, outboxItems: 5 }, "config-invalid", /\/outboxItems/],
    ["a level that is none", { ...good, logLevel: "loud" }, "config-invalid", /\/logLevel/],
    ["a member too many", { ...good, password: "x" }, "config-invalid", /config\.json/],
    ["no roots", { ...good, rootsFile: "/nowhere" }, "config-unreadable", /\/nowhere \(ENOENT\)/],
    ["roots that are none", { ...good, rootsFile: good.configKeyFile }, "config-invalid", /\/rootsFile/],
    ["a key that is none", { ...good, configKeyFile: file("no.pem", "x") }, "config-invalid", /\/configKeyFile/],
    ["another kind of key", { ...good, configKeyFile: file("ec.pem", ec) }, "config-invalid", /no Ed25519 key/],
  ];
  for (const [name, value, code, message] of table) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const path = value === undefined ? join(dir, "missing.json") : file("config.json", text);
    assert.throws(
      () => readConfig(path),
      (e) => e instanceof AgentError && e.code === code && message.test(e.message) && e.remedy.length > 10,
      name,
    );
  }
});
