// The log holds whole batches, one table a day: an item costs a fiftieth of a row, and an old day leaves as one table.
import { splitByDay } from "../log.ts";
import type { Migration } from "../migrations.ts";

export const logByDay: Migration = { name: "log-by-day", run: splitByDay };
