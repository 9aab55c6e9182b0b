// What the verbs of casework share: how times are said, how an incident is printed, calls whose result stands in `result`.
import { Command, InvalidArgumentError } from "commander";
import { jsonOption } from "../options.ts";
import { callJson, type Where, withConsole } from "../people/console.ts";
import { line, text } from "../say.ts";

export type Asked = Where & { json?: true };

export interface Incident {
  id: string;
  severity: string;
  state: string;
  class: string;
  cause: { asset: string; name: Record<string, string>; actor?: string };
  owner?: string;
  openedAt: number;
  detectedAt: number;
  impact: { lost: string[]; degraded: string[]; affected: string[] };
}

/** A verb that talks to a console, with `--json`. */
export const verbOf = (name: string, help: string): Command =>
  withConsole(new Command(name).description(text(help))).addOption(jsonOption());
export const onIncident = (name: string, help: string): Command =>
  verbOf(name, help).argument("<incident>", text("argument.incident"));

export const pathOf = (id: string, rest = ""): string => `/api/incidents/${encodeURIComponent(id)}${rest}`;

/** A verb of casework; gives its result. */
export const work = async <T>(where: Where, path: string, body: object = {}): Promise<T> =>
  (await callJson<{ result: T }>(where, "POST", path, body)).result;

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2026-11-27T08:00+07:00`, or from now: `+30m`, `+4h`, `+2d`. Milliseconds since 1970. A time without a zone is refused: whose would it be? */
export function instant(value: string): number {
  const [, count, unit] = /^\+(\d{1,5})([mhd])$/.exec(value) ?? [];
  if (count !== undefined && unit !== undefined) return Date.now() + Number(count) * UNIT_MS[unit]!;
  const at = /(Z|[+-]\d{2}:?\d{2})$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError(text("option.instant"));
  return at;
}

export const list = (value: string): string[] => value.split(",").filter((v) => v !== "");
export const isoOf = (at: number): string => new Date(at).toISOString();

/** One line for one incident. */
export function lineOf(i: Incident): string {
  const { lost, degraded, affected } = i.impact;
  const cause = `${i.cause.asset}${i.cause.actor ? ` <- ${i.cause.actor}` : ""}`;
  const hit = text("incident.hit", { lost: lost.length, degraded: degraded.length, affected: affected.length });
  return `${i.id}  ${i.severity.padEnd(8)} ${i.state.padEnd(13)} ${i.class.padEnd(12)} ${isoOf(i.openedAt)}  ${cause}  ${hit}  ${i.owner ?? "-"}`;
}

/** As JSON where it was asked for, else in words. */
export function say(json: true | undefined, value: unknown, words: () => void): void {
  if (json) line(JSON.stringify(value));
  else words();
}
