// Folders and programs made for one test and taken away after it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Machine } from "../../setup/machine.mjs";

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** An empty folder that is gone when the test has ended. */
export function folder(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), "vonggac-setup-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Writes a file, and the folders above it. */
export function put(root: string, name: string, content: string | object): string {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** Writes a shell script that can be run. */
export function program(root: string, name: string, script: string): string {
  const file = put(root, name, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A machine whose home and PATH are what the test made. */
export const machine = (home: string, searched: string[] = []): Machine => ({
  root: ROOT,
  purpose: "test",
  isRoot: false,
  env: {},
  home,
  path: searched,
  engineVersion: "3.259.0",
  nodeVersion: "26.10.0",
});
