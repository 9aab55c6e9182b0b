// The bench itself, inside the namespace that dnssec.ts opens: builds the tree, runs every tool, prints one JSON object.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inParallel } from "../../test/vectors/differential/zones/tree.ts";
import { BROKEN, type Class, CONTROLS, HEALTHY } from "./catalogue.ts";
import { atDistance } from "./distance.ts";
import { furnish, type Lab, startLab } from "./lab.ts";
import { baselineOf, type Looked, score } from "./score.ts";
import { type Cost, type Tool, tools } from "./tools.ts";
import { measureWarm } from "./warm.ts";

const HOSTS = 90;
/** Usual names besides the hosts: apex, name servers, www, mail. */
const PERF: Class = { label: "zone of 100 names", codes: [], plan: { algorithm: 13 } };

const APEX = "perf.gov.vn.";
/** There and back, milliseconds: from one end of a province's network to the other, and from one end of the country to the other. */
const DISTANCES = [10, 30] as const;
/** What takes longer than this is not done again for the sake of a median. */
const LONG_SECONDS = 10;

const round = (value: number) => Math.round(value * 1_000) / 1_000;

async function main(runs: number): Promise<unknown> {
  furnish();
  const folder = mkdtempSync(join(tmpdir(), "vgdiff-bench-"));
  const classes = [...CONTROLS, ...BROKEN, ...HEALTHY];
  const wanted = classes.map((one, i) => ({ class: one, apex: `z${i}.gov.vn.`, hosts: 0 }));
  const lab = await startLab(folder, [...wanted, { class: PERF, apex: APEX, hosts: HOSTS }]);
  try {
    return await compare(lab, folder, runs);
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(lab: Lab, folder: string, runs: number): Promise<unknown> {
  const results: Record<string, Record<string, unknown>> = {};
  const hosts = Array.from({ length: HOSTS }, (_, i) => `h${i}`).concat(["www", "mail", "ns1", "ns2"]);
  const all = tools(lab, folder);
  const measure = async (tool: Tool) => {
    const whole = await typicalOf(runs, () => tool.audit(APEX, hosts));
    return { whole, apex: tool.apexAudit && (await typicalOf(runs, () => tool.apexAudit!(APEX))) };
  };
  // All near, then all at a distance, tool by tool in turn: the machine is the same for all of them.
  const near = new Map<Tool, Awaited<ReturnType<typeof measure>>>();
  const far = new Map<Tool, Record<string, { audit_seconds: number; apex_seconds?: number }>>();
  for (const tool of all) near.set(tool, await measure(tool));
  for (const distance of DISTANCES)
    await atDistance(distance / 2, async () => {
      for (const tool of all) {
        const { whole, apex } = await measure(tool);
        const seconds = { audit_seconds: round(whole.seconds), ...(apex && { apex_seconds: round(apex.seconds) }) };
        far.set(tool, { ...far.get(tool), [`at_${distance}_ms`]: seconds });
      }
    });
  for (const tool of all) {
    const { whole: typical, apex } = near.get(tool)!;
    const rest = lab.built.filter(({ class: one }) => one !== PERF);
    const looked = await inParallel(rest, 3, async ({ class: one, apex }): Promise<Looked> => {
      return { class: one, apex, broken: BROKEN.includes(one), codes: await tool.look(apex) };
    });
    const isControl = ({ class: one }: Looked) => CONTROLS.includes(one);
    const baseline = baselineOf(looked.filter(isControl));
    results[tool.name] = {
      audit_seconds: round(typical.seconds),
      cpu_seconds: round(typical.cpuSeconds),
      peak_mib: round(typical.peakMib),
      ...(apex && { apex_seconds: round(apex.seconds) }),
      ...far.get(tool),
      ...score(
        looked.filter((one) => !isControl(one)),
        baseline,
      ),
      laboratory: [...baseline].slice(0, 40),
    };
    process.stderr.write(
      `${tool.name}: ${JSON.stringify({ ...results[tool.name], said: undefined, laboratory: undefined })}\n`,
    );
  }
  const warm = measureWarm(
    [...lab.above, ...lab.built.filter(({ class: one }) => one === PERF).map(({ site }) => site.zone)],
    lab.anchor,
    hosts.map((host) => `${host}.perf.gov.vn.`),
  );
  const { ours, ...peer } = results;
  const zones = {
    names: HOSTS + 10,
    broken_zones: BROKEN.length,
    healthy_zones: HEALTHY.length,
    documented_classes: BROKEN.filter(({ codes }) => codes.length > 0).length,
  };
  return {
    ours: { ...ours, warm_seconds: round(warm.seconds), warm_cpu_ms_per_name: round(warm.cpuMsPerName), ...zones },
    peer,
    ratio: ratios(peer, ours!),
    ratio_at_distance: Object.fromEntries(
      DISTANCES.map((distance) => {
        const key = `at_${distance}_ms`;
        const there = Object.entries(peer).map(([name, one]) => [name, one[key] as Figures]);
        return [key, ratios(Object.fromEntries(there), ours![key] as Figures)];
      }),
    ),
    classes: Object.fromEntries(BROKEN.map(({ label, codes }) => [label, codes])),
    runs,
  };
}

/** The run in the middle, by its wall. */
async function typicalOf(runs: number, run: () => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let i = 0; i < runs && !costs.some(({ seconds }) => seconds > LONG_SECONDS); i++) costs.push(await run());
  return costs.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(costs.length / 2)]!;
}

type Figures = Record<string, unknown>;
const ratios = (peer: Record<string, Figures>, ours: Figures) =>
  Object.fromEntries(
    Object.entries(peer).map(([name, one]) => {
      return [name, round((one["audit_seconds"] as number) / (ours["audit_seconds"] as number))];
    }),
  );

const at = process.argv.indexOf("--runs");
process.stdout.write(JSON.stringify(await main(at < 0 ? 3 : Number(process.argv[at + 1]))));
