// Times as people in Vietnam read them. Pure. Vietnam is UTC+7 all year, so no time-zone table of the browser is needed.
import { type Language, text } from "../../../protocol/locales/index.ts";

const VIETNAM_OFFSET_MS = 7 * 3_600_000;
const two = (n: number) => String(n).padStart(2, "0");

/** `dd/MM/yyyy HH:mm:ss`, Vietnam time. `at` in milliseconds since 1970. */
export const dateTime = (at: number): string => `${date(at)} ${clockTime(at)}`;

/** `HH:mm:ss`, Vietnam time. */
export function clockTime(at: number): string {
  const d = new Date(at + VIETNAM_OFFSET_MS);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

function date(at: number): string {
  const d = new Date(at + VIETNAM_OFFSET_MS);
  return `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`;
}

const UNITS = [
  ["time.day", 86_400],
  ["time.hour", 3_600],
  ["time.minute", 60],
  ["time.second", 1],
] as const;

/** The two largest units: "4 phút 12 giây", "2 ngày 3 giờ". Less than a second is told as one. */
export function duration(language: Language, ms: number): string {
  let rest = Math.max(1, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [key, size] of UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(text(language, key, { n }));
    else if (parts.length > 0) break; // "2 ngày 5 giây" would pretend to a precision that nobody needs
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** "4 phút 12 giây trước"; a moment in the future (clocks differ) is "vừa xong". */
export const ago = (language: Language, at: number, now: number): string =>
  now - at < 1_000
    ? text(language, "time.now")
    : text(language, "time.ago", { duration: duration(language, now - at) });

/** What a `datetime-local` field shows for an instant: Vietnam time, to the minute, wherever the browser stands. */
export const fieldTime = (at: number): string => new Date(at + VIETNAM_OFFSET_MS).toISOString().slice(0, 16);

/** The instant that such a field says; undefined while it is empty or half typed. */
export function timeOfField(value: string): number | undefined {
  const at = Date.parse(`${value}:00Z`.replace(/(:\d{2}:\d{2}):00Z$/, "$1Z"));
  return Number.isNaN(at) ? undefined : at - VIETNAM_OFFSET_MS;
}
