// Keeps the packages' own services from starting on the user's machine. While packages are installed, policy-rc.d (the
// switch that Debian's maintainer scripts ask) says no; afterwards what they enabled is disabled again. The file also
// says which packages were new, so that a run that was killed half-way is finished by the next one.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { run, systemPath, which } from "../../run.mjs";
import { SERVICES, SUCCESSORS } from "./list.mjs";

const POLICY = "/usr/sbin/policy-rc.d";
const ASIDE = `${POLICY}.before-vonggac`;
const OURS = "# written by vonggac's set-up while it installs: ";

/** The packages whose installation was begun by us and not finished. @param {string} [policy] @returns {string[]} */
export function unfinished(policy = POLICY) {
  if (!existsSync(policy)) return [];
  const line = readFileSync(policy, "utf8")
    .split("\n")
    .find((l) => l.startsWith(OURS));
  return line === undefined ? [] : line.slice(OURS.length).split(" ").filter(Boolean);
}

/**
 * Those of the packages that take the place of one that this machine has: their service does its work from then on. Not where
 * the old one is installed and switched off: then nothing needs to go on, and ours is switched off as well.
 * @param {string[]} names packages to install @param {(unit: string) => Promise<boolean>} [isEnabled]
 * @returns {Promise<string[]>}
 */
export async function servingOn(names, isEnabled = enabled) {
  const serving = [];
  for (const name of names) {
    const before = SUCCESSORS[name];
    if (before && (await isEnabled(before.unit))) serving.push(name);
  }
  return serving;
}

/** @param {string} unit */
async function enabled(unit) {
  const systemctl = which("systemctl", systemPath(process.env));
  return systemctl !== undefined && (await run(systemctl, ["is-enabled", "--quiet", unit])).code === 0;
}

/** Starts what `servingOn` named, where systemd runs. @param {string[]} names */
export async function serve(names) {
  if (!existsSync("/run/systemd/system")) return;
  for (const unit of names.flatMap((name) => SERVICES[name] ?? [])) await run("systemctl", ["start", unit]);
}

/** Forbids the start of services until `letServicesStart`. @param {string[]} names the packages that are new on this machine */
export function holdServices(names) {
  const begun = unfinished();
  if (begun.length === 0 && existsSync(POLICY)) renameSync(POLICY, ASIDE);
  const all = [...new Set([...begun, ...names])];
  writeFileSync(POLICY, `#!/bin/sh\n${OURS}${all.join(" ")}\nexit 101\n`, { mode: 0o755 });
}

/** Disables the services of the packages that were new, and takes our policy away. */
export async function letServicesStart() {
  const units = unfinished().flatMap((name) => SERVICES[name] ?? []);
  // Without systemd the helper that enabled them is the one that can disable them; it never fails on an unknown unit.
  const systemctl = which("systemctl", systemPath(process.env));
  for (const unit of units) {
    if (systemctl) await run(systemctl, ["disable", unit]);
    else await run("deb-systemd-helper", ["disable", unit]);
    if (unit.endsWith(".service") && existsSync(`/etc/init.d/${unit.slice(0, -8)}`))
      await run("update-rc.d", [unit.slice(0, -8), "disable"]);
  }
  rmSync(POLICY, { force: true });
  if (existsSync(ASIDE)) renameSync(ASIDE, POLICY);
}
