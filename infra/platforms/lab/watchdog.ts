// What a host's watchdog becomes when nobody has confirmed a change in time (confirm.ts): it takes the order that was left for it and puts
// the old configuration back. A program of its own: whoever made the change may be dead. Argument: the order's file.
import { appendFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Order } from "./confirm.ts";
import { notesDir } from "./names.ts";
import { restoreConfirmed } from "./restore.ts";

const file = process.argv[2]!;
const mine = `${file}.${process.pid}`;
try {
  // Taken, not read: of two that want it one gets it.
  renameSync(file, mine);
} catch {
  process.exit(0); // called off
}
const { lab, host, confirmed } = JSON.parse(readFileSync(mine, "utf8")) as Order;
const log = (words: string) =>
  appendFileSync(join(notesDir(lab, host), "watchdog.log"), `${new Date().toISOString()} ${words}\n`);
log(`${confirmed.kind}: the change was not confirmed; restoring`);
try {
  await restoreConfirmed(lab, confirmed);
  log("restored");
  rmSync(mine);
} catch (error) {
  log(`not restored: ${(error as Error).message}`);
  process.exitCode = 1;
}
