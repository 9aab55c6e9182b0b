import { Command } from "commander";
import type { PlanSummary, PlanWarning } from "../infra/planning.ts";
import { agenciesOption, jsonOption } from "./options.ts";
import { line, spoken, text } from "./say.ts";

interface Options {
  file?: string;
  out?: string;
  check?: true;
  schema?: true;
  agencies?: number;
  json?: true;
}

/** `plan`: what province.yaml amounts to, the lock that remembers it, and the papers for engineers. */
export const planVerb = (): Command =>
  new Command("plan")
    .description(text("help.plan"))
    .option("--file <file>", text("option.province-file"))
    .option("--out <folder>", text("option.out"))
    .option("--check", text("option.plan-check"))
    .option("--schema", text("option.schema"))
    .addOption(agenciesOption(20_000))
    .addOption(jsonOption())
    .action(async ({ file, schema, json, ...options }: Options) => {
      const { planProvince, schemaText } = await import("../infra/planning.ts");
      if (schema) return void process.stdout.write(schemaText());
      const summary = await planProvince({ ...options, provinceFile: file });
      if (json) return line(JSON.stringify(summary));
      for (const words of wordsOf(summary, options)) line(words);
    });

/** The summary in words, a fact a line. */
function wordsOf(s: PlanSummary, { out, check }: Options): string[] {
  const language = spoken();
  const levels = s.agencies.filter((a) => a.count > 0).map((a) => `${a.count} ${a.level[language]}`);
  const pools = s.use.filter((u) => !u.pool.startsWith("host/"));
  const ids = (list: { id: string }[]) => list.map((a) => a.id).join(", ");
  const changes = (["added", "retired", "released"] as const).filter((key) => s[key].length > 0);
  return [
    text("plan.province", { name: s.province.name[language], levels: levels.join(", ") }),
    text("plan.size", { hosts: s.hosts, links: s.links, targets: s.targets }),
    text("plan.prefixes", s.prefixes),
    ...pools.map((u) =>
      text("plan.pool", {
        pool: text(`plan.pool-${u.pool}`),
        used: u.used,
        most: u.most,
        percent: ((100 * u.used) / u.most).toFixed(1),
        resting: u.resting,
      }),
    ),
    ...s.coverage.map((c) =>
      text("plan.target", {
        what: text(`plan.target-${c.what}`),
        level: c.level[language],
        percent: c.percent,
        by: c.by,
        reached: c.reached,
        of: c.of,
        missing: c.missing.length === 0 ? "" : ` (${shortened(c.missing.join(", "))})`,
      }),
    ),
    ...changes.map((key) => text(`plan.${key}`, { count: s[key].length, ids: shortened(ids(s[key])) })),
    ...(s.lockWritten ? [text("plan.lock-written")] : []),
    ...s.warnings.map(warning),
    ...(out === undefined ? [] : [text("plan.papers", { count: s.papers, folder: out })]),
    ...(check ? [text("plan.good")] : []),
  ];
}

const shortened = (words: string): string => (words.length > 200 ? `${words.slice(0, 200)} …` : words);

function warning(w: PlanWarning): string {
  if (w.code === "target-missed") {
    const facts = { what: text(`plan.target-${w.what}`), level: w.level[spoken()], by: w.by };
    return `${text("plan.warning")}: ${text("plan.target-missed", facts)}`;
  }
  const { code, ...facts } = w;
  return `${text("plan.warning")}: ${text(`plan.${code}`, facts)}`;
}
