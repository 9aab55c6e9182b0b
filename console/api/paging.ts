// Cursors: opaque to clients, a number to us. A cursor that we did not give is refused by name.
import { type Refused, refuse } from "./route.ts";

const MOST = 200;
const USUAL = 50;

export interface Page {
  before?: number;
  limit: number;
}

export const cursorOf = (n: number): string => Buffer.from(`n${n}`).toString("base64url");

/** The page that a query asks for. */
export function pageAsked(query: { limit?: string; cursor?: string }): Page | Refused {
  const limit = Math.min(MOST, Math.max(1, Number(query.limit ?? USUAL)));
  if (query.cursor === undefined) return { limit };
  const [, digits] = /^n(\d{1,15})$/.exec(Buffer.from(query.cursor, "base64url").toString("latin1")) ?? [];
  return digits === undefined ? refuse("cursor-invalid") : { limit, before: Number(digits) };
}

/** Reads a list that is whole in memory a page at a time: the cursor is the place of the last row. */
export function pageOfList<T>(rows: readonly T[], { before = 0, limit }: Page): { items: T[]; next?: string } {
  const items = rows.slice(before, before + limit);
  const end = before + items.length;
  return end < rows.length ? { items, next: cursorOf(end) } : { items };
}
