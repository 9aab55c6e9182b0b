// What a changed text says to people: names that point elsewhere, certificates issued anew, rules and watch lists that are others. Pure.
import { X509Certificate } from "node:crypto";
import type { Registry } from "../../protocol/registry.ts";
import { parseFileLine } from "../platforms/lab/model.ts";
import { OURS } from "../render/index.ts";
import type { Effect } from "./effect.ts";
import type { Step } from "./step.ts";
import { fileText, type TextOf } from "./world.ts";

type HostStep = Step & { kind: "Host" };
const CERTIFICATE = "-----BEGIN CERTIFICATE-----";

/** The sentences of every file of a host that is another than before. */
export function textEffects(step: HostStep, textOf: TextOf): Effect[] {
  const { before, after } = step;
  if (step.op === "same") return [];
  const paths = new Set([...Object.keys(before?.files ?? {}), ...Object.keys(after?.files ?? {})]);
  const rules = before?.nftables !== after?.nftables ? [fileless("firewall-changed", step, {})] : [];
  return [...rules, ...[...paths].flatMap((path) => fileEffects(step, path, textOf))];
}

const fileless = (key: Effect["key"], step: HostStep, facts: Effect["facts"]): Effect => ({
  key,
  facts: { host: step.name, ...facts },
  steps: [step.number],
});

function fileEffects(step: HostStep, path: string, textOf: TextOf): Effect[] {
  const [was, will] = [step.before?.files[path], step.after?.files[path]];
  if (was === will || (was !== undefined && will !== undefined && sameContent(was, will))) return [];
  const old = fileText(step.before, path, textOf);
  const now = fileText(step.after, path, textOf);
  if (path.endsWith(".zone")) return recordEffects(step, old ?? "", now ?? "");
  if (path === OURS.registry && old !== undefined && now !== undefined) return watchEffects(step, old, now);
  if (now?.startsWith(CERTIFICATE)) return old === undefined ? [] : [reissued(step, path, old, now)];
  const secret = will !== undefined && "secret" in parseFileLine(will).source;
  return secret && was !== undefined ? [fileless("key-changed", step, { file: path })] : [];
}

/** Only mode or owner differ. */
function sameContent(a: string, b: string): boolean {
  return JSON.stringify(parseFileLine(a).source) === JSON.stringify(parseFileLine(b).source);
}

/** One sentence for each name and type whose data are others. Zone files hold one record a line (render/zone-file.ts). */
export function recordEffects(step: HostStep, before: string, after: string): Effect[] {
  const [was, will] = [recordSets(before), recordSets(after)];
  return [...new Set([...was.keys(), ...will.keys()])].sort().flatMap((set) => {
    const [old, now] = [was.get(set) ?? [], will.get(set) ?? []];
    if (old.join("\n") === now.join("\n")) return [];
    const [name, type] = set.split(" ") as [string, string];
    return [fileless("record-changed", step, { name: name.replace(/(.)\.$/, "$1"), type, before: old, after: now })];
  });
}

function recordSets(text: string): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name, type, data] = /^(\S+)\s+([A-Z][A-Z0-9]*)\s+(.+)$/.exec(line) ?? [];
    if (name === undefined || type === undefined || data === undefined || type === "SOA") continue;
    const set = `${name} ${type}`;
    sets.set(set, [...(sets.get(set) ?? []), data].sort());
  }
  return sets;
}

function reissued(step: HostStep, file: string, before: string, after: string): Effect {
  const day = (pem: string) => new Date(new X509Certificate(pem).validTo).toISOString().slice(0, 10);
  const names = new X509Certificate(after).subjectAltName ?? "";
  return fileless("certificate-reissued", step, { file, names, before: day(before), after: day(after) });
}

/** How many agents are told something else. */
function watchEffects(step: HostStep, before: string, after: string): Effect[] {
  const of = (text: string) => {
    const targets = new Map<string, string[]>();
    for (const t of (JSON.parse(text) as Registry).targets)
      targets.set(t.agent, [...(targets.get(t.agent) ?? []), JSON.stringify(t)].sort());
    return targets;
  };
  const [was, will] = [of(before), of(after)];
  const agents = [...new Set([...was.keys(), ...will.keys()])];
  const changed = agents.filter((a) => (was.get(a) ?? []).join() !== (will.get(a) ?? []).join()).sort();
  return [fileless("watch-changed", step, { count: changed.length, agents: changed.slice(0, 8) })];
}
