// The console's page, built by Vite. It is built again when what it is made of has changed: a hash over the sources is
// kept beside the result.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "../failure.mjs";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { run } from "../run.mjs";
import { text } from "../say.mjs";

/** What the page is made of: its own folder, the shared words, and the versions of the libraries. */
const MADE_OF = ["console/ui", "protocol", "package-lock.json"];

/** A hash over names and contents of everything that the page is made of. @param {string} root */
export const screenSources = (root) => hashOf(root, MADE_OF);

/** A hash over names and contents of files and folders. @param {string} root @param {readonly string[]} madeOf */
export function hashOf(root, madeOf) {
  const hash = createHash("sha256");
  for (const path of madeOf.flatMap((p) => filesBelow(root, p)))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex");
}

/** Whether the built page is missing or older than its sources. @param {string} root */
export function screenIsStale(root) {
  const dist = join(root, "console", "ui", "dist");
  if (!existsSync(join(dist, "index.html")) || !existsSync(join(dist, ".sources"))) return true;
  return readFileSync(join(dist, ".sources"), "utf8") !== screenSources(root);
}

/** @type {import("./step.mjs").Step} */
export const screen = {
  id: "screen",
  lacking: async (machine) => (screenIsStale(machine.root) ? ["console/ui/dist"] : []),
  make: async (machine, _lacking, progress) => {
    const folder = join(machine.root, "console", "ui");
    const before = screenSources(machine.root);
    const vite = join(machine.root, "node_modules", "vite", "bin", "vite.js");
    const args = [vite, "build", folder, "--logLevel", "info"];
    const ran = await run(pinnedNode(machine), args, {
      cwd: folder,
      env: { ...projectEnv(machine), NODE_ENV: "production" },
      onLine: progress,
    });
    if (ran.code !== 0) throw new SetupFailure("screen-build-failed", { where: folder, detail: told(ran.output) });
    writeFileSync(join(folder, "dist", ".sources"), before);
  },
  there: () => text("screen.there"),
};

/** The beginning of what a build tool says, without its stack. @param {string} output */
const told = (output) =>
  output
    .split("\n")
    .filter((l) => l.trim() && !/^\s+at /.test(l))
    .slice(0, 12)
    .join("\n");

/** @param {string} root @param {string} path @returns {string[]} relative to root, sorted */
function filesBelow(root, path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  const entries = path.endsWith(".json") ? undefined : readdirSync(full, { withFileTypes: true });
  if (entries === undefined) return [path];
  return entries
    .filter((e) => e.name !== "dist" && e.name !== "node_modules")
    .flatMap((e) => (e.isDirectory() ? filesBelow(root, join(path, e.name)) : [join(path, e.name)]))
    .sort();
}
