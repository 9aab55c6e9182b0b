// What the tools noticed. A code that a tool gives for a control zone (whole, and of the same shape) is left out everywhere:
// it speaks of the laboratory, such as addresses reserved for documentation. Pure.
import type { Class } from "./catalogue.ts";

export interface Looked {
  readonly class: Class;
  readonly apex: string;
  readonly broken: boolean;
  readonly codes: readonly string[];
}

export interface Score {
  noticed: number;
  false_alarms: number;
  missed: string[];
  /** Healthy zones with what was said of them. */
  alarmed: Record<string, string[]>;
  /** What was said of each broken zone, by class. */
  said: Record<string, string[]>;
}

/** The codes that tell of the laboratory: those of the control zones, names of zones taken out. */
export function baselineOf(controls: readonly { readonly codes: readonly string[] }[]): ReadonlySet<string> {
  return new Set(controls.flatMap(({ codes }) => codes));
}

export function score(looked: readonly Looked[], baseline: ReadonlySet<string>): Score {
  const total: Score = { noticed: 0, false_alarms: 0, missed: [], alarmed: {}, said: {} };
  for (const { class: one, broken, codes } of looked) {
    const told = [...new Set(codes.filter((code) => !baseline.has(code)))];
    if (broken) {
      if (told.length > 0) total.noticed++;
      else total.missed.push(one.label);
      total.said[one.label] = told.slice(0, 8);
    } else if (told.length > 0) {
      total.false_alarms++;
      total.alarmed[one.label] = told.slice(0, 8);
    }
  }
  return total;
}
