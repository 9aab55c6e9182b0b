// The tools of the field, as their users run them, against the private tree: what each says of a zone (as a list of codes, its
// own where it has such), and what a run costs. A code that a tool gives for the control zones too is the laboratory's, not
// the zone's, and does not count.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typeNumber } from "../../agent/wire/dns/index.ts";
import { ROOT } from "../../test/support/lab.ts";
import { delv, type Peer, unboundHost } from "../../test/vectors/differential/peers/peer.ts";
import { type Lab, questionsOf, RECURSOR, SOURCES } from "./lab.ts";

/** One run of a command, or several in a row: seconds of wall and CPU, peak MiB of the largest process. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

export interface Tool {
  readonly name: string;
  /** Codes for a zone; empty when it finds nothing. */
  look(apex: string): Promise<string[]>;
  /** The same look at a zone with these names, from a cold start. */
  audit(apex: string, names: readonly string[]): Promise<Cost>;
  /** Of the apex alone, for a tool that can do either. */
  apexAudit?(apex: string): Promise<Cost>;
}

interface Ran extends Cost {
  readonly stdout: string;
  readonly code: number;
}

const add = (a: Cost, b: Cost): Cost => ({
  seconds: a.seconds + b.seconds,
  cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  peakMib: Math.max(a.peakMib, b.peakMib),
});

let files = 0;

/** Runs under GNU time. */
function timed(folder: string, command: string, args: readonly string[]): Promise<Ran> {
  const out = join(folder, `time${files++}`);
  const start = performance.now();
  return new Promise((resolve) => {
    const all = ["-q", "-f", "%U %S %M", "-o", out, command, ...args];
    execFile("/usr/bin/time", all, { timeout: 300_000, maxBuffer: 256e6 }, (error, stdout) => {
      const seconds = (performance.now() - start) / 1_000;
      const [user, system, peak] = readFileSync(out, "utf8").trim().split("\n").at(-1)!.split(" ").map(Number);
      const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
      resolve({ seconds, cpuSeconds: user! + system!, peakMib: peak! / 1024, stdout, code });
    });
  });
}

/** The same command for each name, one after the other, as a shell would: one measurement, finer than a clock tick each. */
function forEach(
  folder: string,
  command: readonly string[],
  names: readonly string[],
  last: readonly string[] = [],
): Promise<Ran> {
  const words = (some: readonly string[]) => some.map((word) => `'${word}'`).join(" ");
  return timed(folder, "sh", [
    "-c",
    `for name in ${names.join(" ")}; do ${words(command)} "$name" ${words(last)} >/dev/null 2>&1; done`,
  ]);
}

/** A validator that is asked name by name: whatever is not secure is what it noticed. */
async function byName(peer: Peer, apex: string): Promise<string[]> {
  const codes: string[] = [];
  for (const { name, type } of questionsOf(apex)) {
    const { security } = await peer.ask({ name, type: typeNumber(type)! });
    if (security !== "secure") codes.push(`${name.slice(0, -apex.length)} ${type} ${security}`);
  }
  return codes;
}

const asHosts = (apex: string, names: readonly string[]) => names.map((name) => `${name}.${apex}`);

export function tools(lab: Lab, folder: string): Tool[] {
  const unbound = unboundHost(folder, lab.hintsFile, lab.anchorFile);
  const delvPeer = delv(folder, RECURSOR, lab.anchor);
  return [
    ours(lab, folder),
    {
      name: "unbound-host",
      look: (apex) => byName(unbound, apex),
      audit: (apex, names) =>
        forEach(
          folder,
          ["unbound-host", "-C", join(folder, "unbound-host.conf"), "-v", "-t", "A"],
          asHosts(apex, names),
        ),
    },
    {
      name: "delv",
      look: (apex) => byName(delvPeer, apex),
      audit: (apex, names) =>
        forEach(
          folder,
          ["delv", "-4", `@${RECURSOR}`, "-a", join(folder, "delv.keys"), "+root=.", "-t", "A", "-q"],
          asHosts(apex, names),
        ),
    },
    drill(lab, folder),
    dnsviz(lab, folder),
    zonemaster(lab, folder),
  ];
}

function ours({ anchorFile, hintsFile }: Lab, folder: string): Tool {
  const run = (apex: string, ...more: string[]) =>
    timed(folder, process.execPath, [
      join(ROOT, "cli/vonggac.mjs"),
      "check",
      "dnssec",
      apex,
      "--anchor",
      anchorFile,
      "--hints",
      hintsFile,
      "--json",
      ...more,
    ]);
  return {
    name: "ours",
    async look(apex) {
      const { stdout, code } = await run(apex, "--own");
      if (code > 2) return [`exit ${code}`];
      const { findings } = JSON.parse(stdout) as { findings: { tag: string; severity: string }[] };
      return findings.filter(({ severity }) => severity !== "info").map(({ tag }) => tag);
    },
    audit: (apex) => run(apex, "--own"),
    apexAudit: (apex) => run(apex),
  };
}

function drill({ anchorFile }: Lab, folder: string): Tool {
  const args = (name: string, type: string) => ["-S", "-k", anchorFile, name, type, `@${RECURSOR}`];
  return {
    name: "drill",
    async look(apex) {
      const codes: string[] = [];
      for (const { name, type } of questionsOf(apex)) {
        const { stdout } = await timed(folder, "drill", args(name, type));
        const good = /Chase successful/.test(stdout) && !/BOGUS|Bogus|Error|No trusted keys|not found/.test(stdout);
        if (!good) codes.push(`${name.slice(0, -apex.length)} ${type} not chased`);
      }
      return codes;
    },
    audit: (apex, names) =>
      forEach(folder, ["drill", "-S", "-k", anchorFile], asHosts(apex, names), ["A", `@${RECURSOR}`]),
  };
}

/** Probing all the authorities from the root on, then judging: two commands, as its manual has it. */
function dnsviz({ anchorFile, rootServer }: Lab, folder: string): Tool {
  const run = async (names: readonly string[], level: string): Promise<Ran> => {
    const list = join(folder, `names${files++}`);
    const probe = join(folder, `probe${files++}`);
    writeFileSync(list, `${names.map((name) => name.replace(/\.$/, "")).join("\n")}\n`);
    const sources = SOURCES.flatMap((source) => ["-b", source]);
    const probing = await timed(folder, "dnsviz", [
      "probe",
      "-d",
      "0",
      ...sources,
      "-A",
      "-a",
      ".",
      "-x",
      `.:${rootServer}`,
      "-f",
      list,
      "-o",
      probe,
    ]);
    const judging = await timed(folder, "dnsviz", ["grok", "-t", anchorFile, "-l", level, "-r", probe, "-f", list]);
    return { ...judging, ...add(probing, judging) };
  };
  return {
    name: "dnsviz",
    async look(apex) {
      const { stdout } = await run([apex, `www.${apex}`, `mail.${apex}`], "warning");
      return [...stdout.matchAll(/"code": "([A-Z0-9_]+)"/g)].map(([, code]) => code!);
    },
    audit: (apex, names) => run([apex, ...asHosts(apex, names)], "warning"),
  };
}

function zonemaster({ hintsFile }: Lab, folder: string): Tool {
  const run = (apex: string) =>
    timed(folder, "zonemaster-cli", [
      "--hints",
      hintsFile,
      "--level",
      "NOTICE",
      "--json",
      "--no-progress",
      apex.replace(/\.$/, ""),
    ]);
  return {
    name: "zonemaster",
    async look(apex) {
      const { stdout } = await run(apex);
      return [...stdout.matchAll(/"tag":"([A-Z0-9_]+)"/g)].map(([, tag]) => tag!);
    },
    audit: (apex) => run(apex),
  };
}
