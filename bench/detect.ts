// From the kernel's change to the incident in the page: a fault is injected in the lab, Chromium notes the frame in which
// the incident stands on the screen. Both clocks are this machine's. A miss counts as 60 s.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launch, signedIn, whyNoBrowser } from "../test/support/browser.ts";
import { ensureLab, incidents, mustLab, namespaceOf, run, runFolder, whyNoLab } from "../test/support/lab.ts";
import { allRecovered } from "../test/support/watch.ts";
import { startPrometheus, whyNoPrometheus } from "./peers/prometheus.ts";

const MISS_SECONDS = 60;
const PEER_PATIENCE_SECONDS = 180;
const FAULTS = [
  { fault: "hub-down", target: "hub1", cause: "hub1" },
  { fault: "link-down", target: "hub1~so-noi-vu", cause: "hub1~so-noi-vu" },
  { fault: "expire-certificate", target: "portal", cause: "portal" },
  { fault: "corrupt-signature", target: "portal.camau.gov.vn", cause: "zone:camau.gov.vn" },
  { fault: "ssh-bruteforce", target: "bast1", cause: "bast1" },
];

/** `--runs N` (5), `--settle SECONDS` between two runs (10), `--peer-runs N` (2), `--only FAULT`. */
export async function detect(args: string[]): Promise<unknown> {
  const option = (name: string, fallback: number) => {
    const i = args.indexOf(`--${name}`);
    return i < 0 ? fallback : Number(args[i + 1]);
  };
  const runs = option("runs", 5);
  const settleMs = option("settle", 10) * 1_000;
  const why = whyNoLab() ?? whyNoBrowser();
  if (why) throw new Error(why);
  await ensureLab();
  const browser = await launch();
  try {
    const page = await signedIn(browser);
    const ours: Record<string, Measured | number> = {};
    const cpu = await agentCpu();
    const only = args.indexOf("--only");
    for (const f of FAULTS.filter((x) => only < 0 || x.fault === args[only + 1])) {
      const seconds: number[] = [];
      for (let i = 0; i < runs; i++) seconds.push(await once(page, f, settleMs, (i * 137) % 1_000));
      ours[f.fault] = measured(seconds);
      console.error(`${f.fault}: ${seconds.join(" ")} s`);
    }
    const percents = (await agentCpu()).since(cpu);
    ours["agents"] = percents.length;
    ours["agent_cpu_percent_max"] = Math.max(...percents);
    ours["agent_cpu_percent_mean"] = round(percents.reduce((a, b) => a + b, 0) / percents.length);
    // What was measured of ours is printed whatever becomes of the peer.
    const peer = await peers(option("peer-runs", 2)).catch((error: Error) => ({
      prometheus: { skipped: error.message.slice(0, 500) },
    }));
    return { ours, peer, ratio: ratios(ours, peer), runs };
  } finally {
    await browser.close();
  }
}

interface Measured {
  median_seconds: number;
  worst_seconds: number;
  runs_seconds: number[];
}
function measured(seconds: number[]): Measured {
  const sorted = seconds.toSorted((a, b) => a - b);
  return {
    median_seconds: sorted[Math.floor(sorted.length / 2)]!,
    worst_seconds: sorted.at(-1)!,
    runs_seconds: seconds,
  };
}

/** The same faults in the same lab, from the kernel's change to the peer's notification (it has no page to show). */
async function peers(runs: number): Promise<Record<string, unknown>> {
  const why = whyNoPrometheus();
  if (why || runs === 0) return { prometheus: { skipped: why ?? "--peer-runs 0" } };
  const registry = JSON.parse(readFileSync(path.join(runFolder("console"), "run/vonggac/registry.json"), "utf8"));
  const result: Record<string, unknown> = {};
  for (const f of FAULTS.filter((x) => x.fault !== "ssh-bruteforce")) {
    const seconds: number[] = [];
    for (let i = 0; i < runs; i++) {
      const peer = await startPrometheus(registry, "console");
      try {
        if (peer.falseAlarms() > 0) throw new Error("the peer alarms before anything is broken");
        const { injectedAt } = JSON.parse(await mustLab("fault", f.fault, f.target, "--json")) as {
          injectedAt: number;
        };
        const at = await peer.firstAfter(injectedAt, PEER_PATIENCE_SECONDS * 1_000);
        seconds.push(at === null ? PEER_PATIENCE_SECONDS : round((at - injectedAt) / 1_000));
      } finally {
        await mustLab("fault", f.fault, f.target, "--undo");
        await peer.stop();
      }
      await allRecovered(60_000);
    }
    result[f.fault] = measured(seconds);
    console.error(`prometheus, ${f.fault}: ${seconds.join(" ")} s`);
  }
  // Prometheus has no detector for log lines: not measured is not a zero.
  return { prometheus: { ...result, "ssh-bruteforce": { skipped: "no detector of this kind" } } };
}

/** Peer's median over ours, where both were measured. */
function ratios(ours: Record<string, unknown>, peer: object): Record<string, number> {
  const theirs = (peer as Record<string, Record<string, Partial<Measured>>>)["prometheus"] ?? {};
  return Object.fromEntries(
    FAULTS.flatMap(({ fault }) => {
      const a = (ours[fault] as Measured | undefined)?.median_seconds;
      const b = theirs[fault]?.median_seconds;
      return a === undefined || b === undefined ? [] : [[fault, round(b / a)]];
    }),
  );
}

async function once(page: Page, f: (typeof FAULTS)[number], settleMs: number, phaseMs: number): Promise<number> {
  await sleep(phaseMs);
  // None of it is open before: allRecovered() and closeAttacks() saw to that.
  const seen = page
    .locator(`[data-testid="incident"][data-phase="open"][data-cause="${f.cause}"]`)
    .first()
    .waitFor({ timeout: MISS_SECONDS * 1_000 })
    .then(() => Date.now())
    .catch((error: Error) => {
      console.error(`not seen: ${error.message.split("\n")[0]}`);
      return null;
    });
  const { injectedAt } = JSON.parse(await mustLab("fault", f.fault, f.target, "--json")) as { injectedAt: number };
  const at = await seen;
  await mustLab("fault", f.fault, f.target, "--undo");
  if (f.fault === "ssh-bruteforce") await closeAttacks(page, f.cause);
  else await allRecovered(60_000);
  await sleep(settleMs);
  return at === null ? MISS_SECONDS : round((at - injectedAt) / 1_000);
}

/** An attack ends only by a person: wait until it is quiet, then close it as the person who is signed in. */
async function closeAttacks(page: Page, cause: string): Promise<void> {
  for (;;) {
    const left = (await incidents()).filter((i) => i.cause.asset === cause && i.state !== "closed");
    if (left.length === 0) return;
    for (const i of left.filter((o) => o.quietAt !== undefined)) {
      const status = await page.evaluate(
        `fetch("/api/incidents/${i.id}/close", { method: "POST", headers: { "content-type": "application/json", "x-vonggac": "1" },
           body: JSON.stringify({ resolution: "bench" }) }).then((r) => r.status)`,
      );
      if (status !== 200) throw new Error(`closing ${i.id}: ${status}`);
    }
    await sleep(1_000);
  }
}

/** CPU of every agent process of the lab, as the kernel accounts it. */
async function agentCpu() {
  const ticks = new Map<number, number>();
  const pids = await Promise.all(
    readdirSync(runFolder(""))
      .filter((host) => existsSync(`/run/netns/${namespaceOf(host)}`))
      .map(async (host) => (await run("ip", ["netns", "pids", namespaceOf(host)])).stdout.trim().split(/\s+/)),
  );
  const at = performance.now();
  for (const p of pids.flat().filter(Boolean)) {
    try {
      const cmd = readFileSync(`/proc/${p}/cmdline`, "utf8").split("\0");
      if (!cmd[0]?.endsWith("/node") || !cmd.some((a) => a.endsWith("/agent/main.ts"))) continue;
      const fields = readFileSync(`/proc/${p}/stat`, "utf8").split(") ").at(-1)!.split(" ");
      ticks.set(Number(p), Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
    } catch {
      // The process ended while we looked.
    }
  }
  return {
    at,
    ticks,
    since(before: { at: number; ticks: Map<number, number> }): number[] {
      const seconds = (at - before.at) / 1_000;
      return [...ticks].flatMap(([pid, t]) => {
        const was = before.ticks.get(pid);
        return was === undefined ? [] : [round((t - was) / seconds)];
      });
    },
  };
}

const round = (n: number) => Math.round(n * 1_000) / 1_000;
