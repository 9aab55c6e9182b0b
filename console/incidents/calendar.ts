// Working days: Monday to Friday but for the table's holidays, and the weekends that are worked in their place. Pure.
import type { Holidays } from "./schema.ts";

const DAY_MS = 86_400_000;

/** Whole working days between two instants: those that begin after the first one's day and end before the second one's. */
export function workingDaysBetween(table: Holidays, from: number, until: number): number {
  const off = new Set(table.holidays.map((h) => h.day));
  const worked = new Set(table.workedWeekends);
  const first = localDay(table, from) + 1;
  const last = localDay(table, until);
  let count = 0;
  // A notice is given days ahead, not decades.
  for (let day = first; day < last && day < first + 1_000; day++) {
    const name = new Date(day * DAY_MS).toISOString().slice(0, 10);
    const weekday = new Date(day * DAY_MS).getUTCDay();
    const weekend = weekday === 0 || weekday === 6;
    if (worked.has(name) || (!weekend && !off.has(name))) count += 1;
  }
  return count;
}

const localDay = (table: Holidays, at: number): number => Math.floor((at + table.utcOffsetHours * 3_600_000) / DAY_MS);
