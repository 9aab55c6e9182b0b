// A lab of a test's own beside any other: a stack name, a state folder and namespaces that nobody else has, swept at the end.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Lab, prefixOf, stackDir } from "../../../../infra/platforms/lab/names.ts";
import { namespaces } from "../../../../infra/platforms/lab/netns.ts";
import { sweep } from "../../../../infra/platforms/lab/sweep.ts";
import { SECRET } from "./small.ts";

/** Why namespaces cannot be had here; the reason of every skipped test. */
export const whyNoLab: string | false =
  process.platform !== "linux" ? "needs Linux" : process.getuid?.() !== 0 ? "needs root for network namespaces" : false;

export const CHECKOUT = path.resolve(import.meta.dirname, "../../../..");

/** `tag` keeps the labs of one test process apart. */
export function makeLab(tag: string): Lab & { end: () => Promise<void> } {
  const stateDir = mkdtempSync(path.join(tmpdir(), "vonggac-test-"));
  mkdirSync(path.join(stateDir, "vault/test"), { recursive: true });
  writeFileSync(path.join(stateDir, "vault/test/secret"), SECRET);
  const lab = { stack: `t${tag}${process.pid}`, stateDir, checkout: CHECKOUT };
  const end = async () => {
    await sweep(lab);
    rmSync(stateDir, { recursive: true, force: true });
    rmSync(path.join(CHECKOUT, ".vonggac", `Pulumi.${lab.stack}.yaml`), { force: true });
  };
  return { ...lab, end };
}

/** What a lab has on this machine, by every place where it could leave something. All empty after its end. */
export function leftovers(lab: Lab): string[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(`${stackDir(lab.stack)}/`));
  return [
    ...namespaces(prefixOf(lab.stack)).map((name) => `namespace ${name}`),
    ...processes.map((pid) => `process ${pid}`),
    ...read("/proc/self/mounts")
      .split("\n")
      .filter((line) => line.includes(`${stackDir(lab.stack)}/`) || line.includes(`netns/${prefixOf(lab.stack)}`)),
    ...(existsSync(stackDir(lab.stack)) ? [stackDir(lab.stack)] : []),
    ...(existsSync("/etc/netns")
      ? readdirSync("/etc/netns").filter((name) => name.startsWith(prefixOf(lab.stack)))
      : []),
  ];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Every file below a folder, with its text. */
export const textsBelow = (folder: string): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [file, read(file)]);
