// A preview in the words of those who live with what it does: which agencies lose a path, which services start anew, which names,
// addresses and certificates are others. Pure. The rules:
// - Every sentence cites the engine's steps by number; it is made from nothing else than their inputs and the texts these name.
// - No step lacks a sentence: what nobody notices is said to be that, with what differs.
import { addressEffects } from "./addresses.ts";
import { daemonEffects } from "./daemons.ts";
import type { Effect } from "./effect.ts";
import { pathEffects, worstCase } from "./paths.ts";
import { type EngineStep, readSteps, type Step } from "./step.ts";
import { textEffects } from "./texts.ts";
import { type TextOf, worldOf } from "./world.ts";

export type { Effect } from "./effect.ts";
export type { EngineStep } from "./step.ts";

export interface Impact {
  /** Those that do something, in the engine's order; a sentence cites `number`. */
  steps: { number: number; op: string; kind: string; name: string; differs: string[] }[];
  effects: Effect[];
  /** Agencies without any path, or with fewer, at the worst moment of the change. */
  during: { lost: string[]; degraded: string[] };
}

/** What the engine's preview means. `textOf` reads a text by its hash. */
export function impactOf(raw: readonly EngineStep[], textOf: TextOf): Impact {
  const steps = readSteps(raw);
  const before = worldOf(steps, "before", textOf);
  const after = worldOf(steps, "after", textOf);
  const doing = steps.filter((s) => s.op !== "same");
  const effects = [...pathEffects(steps, before, after), ...doing.flatMap((s) => effectsOf(s, textOf))];
  const cited = new Set(effects.flatMap((e) => e.steps));
  const rest = doing.filter((s) => !cited.has(s.number)).map(unnoticed);
  return {
    steps: doing.map((s) => ({
      number: s.number,
      op: s.op,
      kind: s.kind,
      name: s.name,
      differs: s.differences.map((d) => d.path),
    })),
    effects: [...effects, ...rest],
    during: worstCase(steps, before),
  };
}

function effectsOf(step: Step, textOf: TextOf): Effect[] {
  if (step.kind === "Group") return [];
  const whole = { facts: { kind: step.kind, name: step.name }, steps: [step.number] };
  const made: Effect[] =
    step.op === "create"
      ? [{ key: "made", ...whole }]
      : step.op === "delete"
        ? [{ key: "removed", ...whole }]
        : step.op === "replace"
          ? [{ key: "rebuilt", ...whole }]
          : [];
  const stays = step.op === "update" || step.op === "replace";
  const host = step.kind === "Host" && stays ? [...daemonEffects(step), ...textEffects(step, textOf)] : [];
  const mended: Effect[] =
    step.kind === "Link" && step.op === "update" && step.before?.up === false
      ? [{ key: "mended", facts: { what: step.name }, steps: [step.number] }]
      : [];
  return [...made, ...host, ...mended, ...addressEffects(step)];
}

const unnoticed = (step: Step): Effect => ({
  key: "unnoticed",
  facts: { kind: step.kind, name: step.name, op: step.op, differs: step.differences.map((d) => d.path).slice(0, 8) },
  steps: [step.number],
});
