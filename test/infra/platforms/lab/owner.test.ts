// Whose lab stands under a name, with real namespaces and processes and the state folders of two checkouts.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LabError } from "../../../../infra/platforms/lab/errors.ts";
import { type Lab, namespaceOf, stackDir } from "../../../../infra/platforms/lab/names.ts";
import { own, standing } from "../../../../infra/platforms/lab/owner.ts";
import { sweep } from "../../../../infra/platforms/lab/sweep.ts";
import { until, whyNoLab } from "../../../support/lab.ts";

const skip = whyNoLab() ?? false;
const work = mkdtempSync(join(tmpdir(), "vonggac-owner-"));
const labIn = (checkout: string): Lab => {
  const stateDir = join(work, checkout);
  mkdirSync(join(stateDir, "vault"), { recursive: true });
  return { stack: `own${process.pid}`, stateDir, checkout };
};
const mine = labIn("mine");
const theirs = labIn("theirs");

after(async () => {
  if (!skip) await sweep(mine);
  rmSync(work, { recursive: true, force: true });
});

/** A host of that lab with one process; gives what ends it. */
function host(lab: Lab): () => Promise<void> {
  const name = namespaceOf(lab, "h1");
  execFileSync("ip", ["netns", "add", name]);
  mkdirSync(join(stackDir(lab.stack), "h1"), { recursive: true });
  const child = spawn("ip", ["netns", "exec", name, "sleep", "60"], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return () => {
    child.kill("SIGKILL");
    return ended;
  };
}

test("a lab that another checkout runs is refused by name; without processes, or without that checkout, it is remains", {
  skip,
}, async () => {
  assert.equal(standing(mine, "root 1", false), "nothing");
  own(theirs, "their root");
  const end = host(theirs);
  const inside = () => execFileSync("ip", ["netns", "pids", namespaceOf(theirs, "h1")], { encoding: "utf8" });
  await until("its process stands in the namespace", 5_000, async () => inside() !== "");
  assert.throws(
    () => standing(mine, "root 1", false),
    (e) => e instanceof LabError && e.code === "lab-of-another" && e.message.includes(theirs.stateDir),
  );
  assert.equal(standing(theirs, "their root", true), "ours");
  assert.equal(standing(theirs, "another root", true), "remains", "of a vault that is gone");
  rmSync(join(theirs.stateDir, "vault"), { recursive: true });
  assert.equal(standing(mine, "root 1", false), "remains", "nobody is left who could take it down");
  mkdirSync(join(theirs.stateDir, "vault"));
  await end();
  assert.equal(standing(mine, "root 1", false), "remains", "nothing runs");
  await sweep(mine);
  assert.equal(standing(mine, "root 1", false), "nothing");
  assert.ok(!existsSync(stackDir(mine.stack)), "no folder is left, nor the mark in it");
});

test("a lab of before there were marks is ours when the engine knows it", { skip }, async () => {
  const end = host(mine);
  assert.equal(standing(mine, "root 1", true), "ours");
  await end();
  assert.equal(standing(mine, "root 1", false), "remains");
});
