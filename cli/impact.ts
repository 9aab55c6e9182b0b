// `impact`: what the next `lab up` would mean, in words, each with the engine's steps that it comes from.
import { Command } from "commander";
import type { Effect, Impact } from "../infra/commands.ts";
import { agenciesOption, jsonOption, provinceOption, withStack } from "./options.ts";
import { line, progressLine, text } from "./say.ts";

/** In this order; within a group as the engine would do it. */
const GROUPS: [string, Effect["key"][]][] = [
  ["paths", ["agency-added", "agency-removed", "path-lost", "path-gained", "path-interrupted"]],
  ["services", ["service-restarts", "service-reloads", "service-added", "service-removed", "mended"]],
  ["names", ["record-changed", "address-changed"]],
  ["keys", ["certificate-reissued", "key-changed"]],
  ["rules", ["firewall-changed", "watch-changed"]],
  ["machines", ["made", "removed", "rebuilt", "unnoticed"]],
];
/** More sentences of one key than this are told as one, with their number and the first names. */
const MOST_OF_A_KEY = 12;

interface Options {
  stack?: string;
  agencies?: number;
  province?: string;
  json?: true;
}

export const impactVerb = (): Command =>
  withStack(new Command("impact"))
    .description(text("help.impact"))
    .addOption(agenciesOption())
    .addOption(provinceOption())
    .addOption(jsonOption())
    .action(async ({ province, ...options }: Options) => {
      const { labImpact } = await import("../infra/commands.ts");
      const shown = progressLine();
      const impact = await labImpact({
        ...options,
        provinceFile: province,
        onProgress: ({ stage }) => shown.show(text(`stage.${stage}`)),
      }).finally(shown.end);
      if (options.json) return line(JSON.stringify(impact));
      for (const words of wordsOf(impact)) line(words);
    });

/** The whole of it as lines. */
export function wordsOf(impact: Impact): string[] {
  if (impact.steps.length === 0) return [text("impact.nothing")];
  const { lost, degraded } = impact.during;
  const worst = lost.length + degraded.length === 0 ? "impact.worst.none" : "impact.worst";
  return [
    text(worst, { lost: listed(lost), degraded: listed(degraded) }),
    ...GROUPS.flatMap(([group, keys]) => {
      const lines = keys.flatMap((key) => told(impact.effects.filter((e) => e.key === key)));
      return lines.length === 0 ? [] : ["", text(`impact.group.${group}`), ...lines];
    }),
    "",
    text("impact.steps", { count: impact.steps.length }),
    ...impact.steps.map(({ number, op, kind, name, differs }) => {
      const what = `  [${number}] ${text(`impact.op.${op}`)} ${kind} ${name}`;
      return differs.length === 0 ? what : `${what}: ${listed(differs)}`;
    }),
  ];
}

function told(effects: readonly Effect[]): string[] {
  if (effects.length <= MOST_OF_A_KEY) return effects.map((e) => `  ${sentence(e)} ${cites(e.steps)}`);
  const names = effects.map((e) => String(e.facts["agency"] ?? e.facts["name"] ?? e.facts["host"] ?? e.facts["what"]));
  const all = [...new Set(effects.flatMap((e) => e.steps))];
  const key = effects[0]!.key;
  return [
    `  ${text("impact.many", { what: text(`impact.many.${key}`), count: effects.length, names: listed(names) })} ${cites(all)}`,
  ];
}

/** A sentence has a form of its own for nothing left and for nothing hit. */
function sentence({ key, facts, lost, degraded }: Effect): string {
  const form =
    key === "path-lost" && lost
      ? ".all"
      : key === "path-interrupted" && lost?.length === 0
        ? degraded?.length === 0
          ? ".nobody"
          : ".fewer"
        : "";
  const filled = Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? listed(value) : value]);
  return text(`impact.${key}${form}`, Object.fromEntries(filled));
}

const listed = (names: readonly string[], most = 6): string =>
  names.length === 0
    ? text("impact.nobody")
    : names.length <= most
      ? names.join(", ")
      : text("impact.more", { names: names.slice(0, most).join(", "), count: names.length - most });

/** `[1]`, `[1, 4-9]` */
function cites(steps: readonly number[]): string {
  const sorted = [...new Set(steps)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const n of sorted) {
    const last = ranges.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return `[${ranges.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(", ")}]`;
}
