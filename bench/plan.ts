// How long a province takes from its text to the text of every file of every host: numbers, plan, rendering; no disk, no keys. The
// peer allocates the same blocks for as many sites and does nothing else (bench/peers/allocate.py): no tool that plans a whole
// provincial network from one text is packaged, so there is none to set beside the rest.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { hostSpec, linkSpec } from "../infra/deployment/host.ts";
import { materialsWithoutVault } from "../infra/papers/materials.ts";
import { planOf } from "../infra/plan/index.ts";
import { numbered } from "../infra/plan/number.ts";
import type { Written } from "../infra/province/schema.ts";
import { readProvince } from "../infra/province.ts";

const SIZES = [1_000, 10_000];
const PREFIX6 = "2001:db8::/32";

/** `--runs N` (3): the median counts. */
export async function plan(args: string[]): Promise<unknown> {
  const at = args.indexOf("--runs");
  const runs = at < 0 ? 3 : Number(args[at + 1]);
  const ours: Record<string, number> = {};
  const peer: Record<string, number | string> = {};
  // The first run of all pays for the compiler; a person who plans once pays for it, too, so it is told apart.
  ours["seconds_first_1000"] = once(1_000).seconds;
  for (const size of SIZES) {
    const all = Array.from({ length: runs }, () => once(size));
    ours[`seconds_${size}`] = median(all.map((r) => r.seconds));
    // On a machine that does other things besides, this is the truer figure.
    ours[`cpu_seconds_${size}`] = median(all.map((r) => r.cpuSeconds));
    ours[`plan_seconds_${size}`] = median(all.map((r) => r.planSeconds));
    ours[`files_${size}`] = all[0]!.files;
    ours[`megabytes_${size}`] = all[0]!.megabytes;
    const script = path.join(import.meta.dirname, "peers/allocate.py");
    const theirs = Array.from({ length: runs }, () => Number(execFileSync("python3", [script, String(size)])));
    peer[`allocation_seconds_${size}`] = median(theirs);
  }
  peer["what"] =
    "python3's ipaddress: the same blocks and nothing else; no packaged tool plans and renders a whole province";
  return { ours, peer, ratio: { cost_10000_over_1000: round(ours["seconds_10000"]! / ours["seconds_1000"]!) } };
}

function once(size: number) {
  const written = provinceOf(size);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const numbering = numbered(written, undefined, "2026-01-01");
  if ("faults" in numbering) throw new Error(numbering.faults[0]!.wrong);
  const planned = planOf(numbering.intent, { roots: "", rootAnchor: "1 13 2 AA" });
  const plannedAt = performance.now();
  const materials = materialsWithoutVault(planned);
  const hosts = planned.hosts.map((host) => hostSpec(planned, host, materials));
  const links = planned.links.map((link) => linkSpec(planned, link, materials));
  const endedAt = performance.now();
  const cpu = process.cpuUsage(cpuBefore);
  const texts = hosts.flatMap((h) => h.files.flatMap((f) => ("text" in f.content ? [f.content.text.length] : [])));
  if (hosts.length < size || links.length < size) throw new Error("nothing was rendered");
  return {
    seconds: round((endedAt - startedAt) / 1_000),
    cpuSeconds: round((cpu.user + cpu.system) / 1e6),
    planSeconds: round((plannedAt - startedAt) / 1_000),
    files: texts.length,
    megabytes: round(texts.reduce((sum, length) => sum + length, 0) / 1e6),
  };
}

/** The sample's data centres with as many agencies, each with two lines. */
function provinceOf(size: number): Written {
  const sample = readProvince(path.join(import.meta.dirname, "../province.yaml"));
  const pairs = [
    ["hub1", "hub3"],
    ["hub2", "hub4"],
  ];
  const agencies = Array.from({ length: size }, (_, i): Written["agencies"][number] => ({
    id: `xa-so-${i}`,
    level: "commune",
    name: { vi: `Xã số ${i}`, en: `Commune ${i}` },
    uplinks: pairs[i % 2]!,
  }));
  return {
    ...sample,
    province: { ...sample.province, ipv6: PREFIX6 },
    upstreams: sample.upstreams.map(elsewhere),
    agencies,
  };
}

/** The documentation prefix holds the upstreams', too: from here the province has all of it. */
const elsewhere = (u: Written["upstreams"][number], i: number) => ({
  ...u,
  ipv6: `3fff:${i}::/48`,
  line: { ...u.line, ipv6: `3fff:${i}:0:ffff::/127` },
});

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const round = (n: number) => Math.round(n * 1_000) / 1_000;
