// What is pinned in two places agrees.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { thisMachine } from "../../setup/machine.mjs";
import { systemEnv, systemPath } from "../../setup/run.mjs";
import { ROOT } from "./fixtures.ts";

test("the engine's Go modules, its npm package and the SDK are of one version", () => {
  const goMod = readFileSync(path.join(ROOT, "infra/engine-build/go.mod"), "utf8");
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const version = thisMachine("test").engineVersion;
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(dependencies["@pulumi/pulumi"], version);
  for (const part of ["pkg", "sdk"]) assert.ok(goMod.includes(`github.com/pulumi/pulumi/${part}/v3 v${version}`), part);
});

test("children of set-up get the system's PATH, not npm's", () => {
  const env = { PATH: "/w/node_modules/.bin:/opt/x:/usr/bin", npm_lifecycle_event: "start", npm_config_registry: "r" };
  assert.deepEqual(systemPath(env).slice(0, 2), ["/opt/x", "/usr/bin"]);
  assert.ok(systemPath(env).includes("/usr/sbin"));
  const kept = systemEnv(env);
  assert.equal(kept["npm_lifecycle_event"], undefined);
  assert.equal(kept["npm_config_registry"], "r");
});

test("the lock file names every optional package, of every system: npm ci refuses one that does not", () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  // A registry that lacks a platform's package makes `npm install` leave it out of the lock file without a word.
  const missing = Object.entries(packages).flatMap(([at, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !packages[`${at}/node_modules/${name}`] && !packages[`node_modules/${name}`],
    ),
  );
  assert.deepEqual(missing, []);
});
