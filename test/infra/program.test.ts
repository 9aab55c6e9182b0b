// The program that `pulumi up` by hand runs (infra/index.ts), with the SDK's own stand-in for an engine: which resources it
// declares, and how they hang together. The real engine runs the same program in test/infra/engine.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import pulumi from "@pulumi/pulumi";
import { engineEnvironment } from "../../infra/engine/backend.ts";
import { engineBinary } from "../../infra/engine/engine.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const state = mkdtempSync(path.join(tmpdir(), "vonggac-program-"));
after(() => rmSync(state, { recursive: true, force: true }));

interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
const made: Made[] = [];
let outputs: Record<string, unknown>;

before(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type, name, inputs });
        return { id: name, state: {} };
      },
      call: () => ({}),
    },
    "vonggac",
    "hand",
  );
  pulumi.runtime.setAllConfig({
    "vonggac:stateDir": state,
    "vonggac:agencies": "3",
    "vonggac:port": "18099",
    "vonggac:listen": "::1",
  });
  const program = (await import("../../infra/index.ts")).default;
  outputs = await program();
  await pulumi.runtime.disconnect(); // resources are declared as they come: wait for the last
});
const ofType = (type: string) => made.filter((m) => m.type === type);

test("hosts, links, services and places are declared, each once", () => {
  const hosts = ofType("vonggac:lab:Host");
  assert.equal(new Set(made.map((m) => `${m.type} ${m.name}`)).size, made.length);
  assert.deepEqual(
    ofType("vonggac:lab:Services").map((m) => m.name),
    ["services", "agents"],
  );
  assert.equal(ofType("vonggac:infra:Wan").length, 1);
  assert.equal(ofType("vonggac:infra:AgencySite").length, 3, "as many as the stack's settings ask for");
  assert.ok(ofType("vonggac:infra:DataCentre").length >= 2);
  assert.deepEqual([outputs["hosts"], outputs["links"]], [hosts.length, ofType("vonggac:lab:Link").length]);
  for (const link of ofType("vonggac:lab:Link"))
    for (const end of ["a", "b"] as const)
      assert.ok(
        hosts.some((h) => h.name === (link.inputs[end] as { host: string }).host),
        link.name,
      );
});

test("the stack's settings reach the forwarded socket", () => {
  const forwards = ofType("vonggac:lab:Host").flatMap((h) => (h.inputs["forward"] ? [h.inputs["forward"]] : []));
  assert.deepEqual(forwards, [{ daemon: "console", port: 18099, listen: "::1" }]);
});

test("no secret is an input, and every text that is one by its hash lies in the state folder", () => {
  const inputs = JSON.stringify(made);
  const vault = path.join(state, "vault");
  const secrets = readdirSync(vault, { recursive: true, withFileTypes: true }).filter(
    (e) => e.isFile() && !/\.(crt|json)$/.test(e.name),
  );
  assert.ok(secrets.length > 5);
  for (const { parentPath, name } of secrets) {
    const secret = readFileSync(path.join(parentPath, name), "utf8").trim();
    const line = secret.split("\n").find((l) => !l.startsWith("-----")) ?? secret;
    assert.ok(!inputs.includes(line), name);
  }
  const hashes = [...inputs.matchAll(/sha256:([0-9a-f]{64})/g)].map((m) => m[1]!);
  assert.ok(hashes.length > 20);
  const kept = new Set(readdirSync(path.join(state, "content")));
  for (const hash of hashes) assert.ok(kept.has(hash));
  const largest = Math.max(...made.map((m) => JSON.stringify(m.inputs).length));
  assert.ok(largest < 10_000, `one resource has inputs of ${largest} bytes`);
});

const host = [path.dirname(engineBinary()), ...(process.env["PATH"] ?? "").split(":")].some((folder) =>
  existsSync(path.join(folder, "pulumi-language-nodejs")),
);
const why = !existsSync(engineBinary())
  ? "needs the Pulumi engine: npm start installs it"
  : !host && "needs pulumi-language-nodejs, which only the official CLI brings";
test("`pulumi preview` by hand runs it through Pulumi.yaml", { skip: why, timeout: 120_000 }, async () => {
  const stack = `hand${process.pid}`;
  const env = { ...process.env, ...engineEnvironment({ stateDir: state, checkout: ROOT, stack }) };
  const byHand = (...args: string[]) =>
    promisify(execFile)(engineBinary(), [...args, "--stack", stack, "--non-interactive"], { cwd: ROOT, env });
  await promisify(execFile)(engineBinary(), ["stack", "init", stack, "--non-interactive"], { cwd: ROOT, env });
  try {
    await byHand("config", "set", "stateDir", state);
    assert.match((await byHand("preview")).stdout, /\+ \d+ to create/);
  } finally {
    await byHand("stack", "rm", "--yes", "--force");
  }
});
