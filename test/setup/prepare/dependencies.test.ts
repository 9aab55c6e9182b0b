// Rows of the truth table: what the lock file wants, what npm noted, what lies in the folder.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { missingDependencies, readNpmFailure } from "../../../setup/prepare/dependencies.mjs";
import { nativePackages } from "../../../setup/prepare/natives.mjs";
import { folder, put } from "../fixtures.ts";

const lock = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
    "node_modules/other-system": { version: "1.0.0", optional: true },
  },
};

function installed(root: string) {
  put(root, "package-lock.json", lock);
  const { "": _, "node_modules/other-system": __, ...there } = lock.packages;
  put(root, "node_modules/.package-lock.json", { packages: there });
  put(root, "node_modules/a/package.json", "{}");
  put(root, "node_modules/a/node_modules/b/package.json", "{}");
}

test("as the lock file says: nothing is missing; an optional one for another system may be", (t) => {
  const root = folder(t);
  installed(root);
  assert.deepEqual(missingDependencies(root), []);
});

test("a fresh clone misses all", (t) => {
  const root = folder(t);
  put(root, "package-lock.json", lock);
  assert.deepEqual(missingDependencies(root), ["a", "b", "other-system"]);
});

test("npm was killed: folders, but not its note", (t) => {
  const root = folder(t);
  installed(root);
  rmSync(path.join(root, "node_modules/.package-lock.json"));
  assert.deepEqual(missingDependencies(root), ["a", "b", "other-system"]);
});

test("a folder was removed", (t) => {
  const root = folder(t);
  installed(root);
  rmSync(path.join(root, "node_modules/a/node_modules"), { recursive: true });
  assert.deepEqual(missingDependencies(root), ["b"]);
});

test("the lock file went on to another version", (t) => {
  const root = folder(t);
  installed(root);
  put(root, "package-lock.json", { packages: { ...lock.packages, "node_modules/a": { version: "1.0.1" } } });
  assert.deepEqual(missingDependencies(root), ["a"]);
});

test("what npm says, and the name that it gets", () => {
  assert.equal(readNpmFailure("npm ERR! code ENOTFOUND\nnpm ERR! network request to x failed"), "registry-unreachable");
  assert.equal(readNpmFailure("npm error code EAI_AGAIN"), "registry-unreachable");
  assert.equal(readNpmFailure("npm ERR! code SELF_SIGNED_CERT_IN_CHAIN"), "registry-unreachable");
  assert.equal(readNpmFailure("npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), "registry-unreachable");
  assert.equal(readNpmFailure("npm ERR! code ENOSPC\nnpm ERR! nospc"), "disk-full");
  assert.equal(readNpmFailure("npm ERR! code EUSAGE\nnpm ERR! `npm ci` can only install"), "npm-failed");
});

test("compiled parts: for this system, architecture and C library only", () => {
  const packages = {
    "node_modules/x-linux-x64": { os: ["linux"], cpu: ["x64"] },
    "node_modules/x-linux-x64-gnu": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
    "node_modules/x-linux-x64-musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
    "node_modules/x-linux-arm64": { os: ["linux"], cpu: ["arm64"] },
    "node_modules/x-darwin-x64": { os: ["darwin"], cpu: ["x64"] },
    "node_modules/x-not-windows": { os: ["!win32"], cpu: ["x64"] },
    "node_modules/x-any": {},
  };
  assert.deepEqual(nativePackages({ packages }, { os: "linux", cpu: "x64" }), [
    "node_modules/x-linux-x64",
    "node_modules/x-linux-x64-gnu",
    "node_modules/x-not-windows",
  ]);
});
