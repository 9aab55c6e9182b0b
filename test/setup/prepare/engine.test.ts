// Where the engine comes from: programs that only say a version stand in for it.
import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { atLeast, findGo } from "../../../setup/prepare/engine/modules.mjs";
import { fromPath } from "../../../setup/prepare/engine/path.mjs";
import { engineFolder, saysVersion } from "../../../setup/prepare/engine/place.mjs";
import { engine, obtain, SOURCES } from "../../../setup/prepare/engine.mjs";
import { folder, machine, program } from "../fixtures.ts";

const silent = () => {};

test("its folder follows PULUMI_HOME, else the home folder", () => {
  const of = (env: NodeJS.ProcessEnv) => engineFolder({ env, home: "/root", engineVersion: "3.259.0" });
  assert.equal(of({}), "/root/.pulumi/versions/3.259.0/bin");
  assert.equal(of({ PULUMI_HOME: "/srv/p" }), "/srv/p/versions/3.259.0/bin");
});

test("there already, with its policy script: nothing is lacking", async (t) => {
  const home = folder(t);
  const there = ".pulumi/versions/3.259.0/bin";
  assert.deepEqual(await engine.lacking(machine(home)), ["pulumi 3.259.0", "pulumi-analyzer-policy-nodejs"]);
  program(home, `${there}/pulumi`, "echo v3.258.0");
  assert.ok((await engine.lacking(machine(home))).includes("pulumi 3.259.0"), "another version is not it");
  program(home, `${there}/pulumi`, "echo v3.259.0");
  assert.deepEqual(await engine.lacking(machine(home)), ["pulumi-analyzer-policy-nodejs"]);
  await engine.make(machine(home), [], silent);
  assert.deepEqual(await engine.lacking(machine(home)), []);
  assert.match(readFileSync(path.join(home, there, "pulumi-analyzer-policy-nodejs"), "utf8"), /run-policy-pack/);
});

test("a fitting pulumi on PATH is linked with the language hosts beside it; an unfitting one before it is passed over", async (t) => {
  const home = folder(t);
  program(home, "old/pulumi", "echo v3.1.0");
  program(home, "right/pulumi", "echo v3.259.0");
  program(home, "right/pulumi-language-nodejs", "exit 0");
  program(home, "right/unrelated", "exit 0");
  const m = machine(home, [path.join(home, "old"), path.join(home, "right")]);
  assert.equal(await fromPath(m), undefined);
  assert.ok(await saysVersion(path.join(engineFolder(m), "pulumi"), "3.259.0"));
  assert.ok(lstatSync(path.join(engineFolder(m), "pulumi-language-nodejs")).isSymbolicLink());
  assert.throws(() => lstatSync(path.join(engineFolder(m), "unrelated")));
});

test("none on PATH, or another version only: the reason is told", async (t) => {
  const home = folder(t);
  assert.ok(await fromPath(machine(home)));
  const old = program(home, "old/pulumi", "echo v3.1.0");
  assert.match((await fromPath(machine(home, [path.dirname(old)]))) ?? "", /old\/pulumi/);
});

test("the sources are asked in their order until one gives", async (t) => {
  assert.deepEqual(
    SOURCES.map((s) => s.id),
    ["path", "official", "modules"],
  );
  const asked: string[] = [];
  const source = (id: string, why?: string) => ({
    id,
    give: async () => {
      asked.push(id);
      return why;
    },
  });
  await obtain(machine(folder(t)), [source("path", "no"), source("official"), source("modules")], silent);
  assert.deepEqual(asked, ["path", "official"]);
  await assert.rejects(
    obtain(machine(folder(t)), [source("path", "reason one"), source("modules", "reason two")], silent),
    (e: { code: string; detail: string }) =>
      e.code === "engine-unavailable" && /reason one\n.*reason two/.test(e.detail),
  );
});

test("the first Go that is new enough", async (t) => {
  const root = folder(t);
  const old = path.dirname(program(root, "old/go", "echo go1.19.8"));
  const enough = path.dirname(program(root, "new/go", "echo go1.26.8"));
  assert.deepEqual(await findGo([root, old, enough], "1.25.11"), { binary: path.join(enough, "go") });
  assert.match((await findGo([old], "1.25.11")).tooOld ?? "", /1\.19\.8/);
  assert.deepEqual(await findGo([root], "1.25.11"), { tooOld: "" });
});

test("versions are compared by number", () => {
  for (const [version, needed, holds] of [
    ["1.25.11", "1.25.11", true],
    ["1.26", "1.25.11", true],
    ["1.25.9", "1.25.11", false],
    ["1.9.9", "1.25.11", false],
    ["2", "1.25.11", true],
  ] as const)
    assert.equal(atLeast(version, needed), holds, `${version} ≥ ${needed}`);
});
