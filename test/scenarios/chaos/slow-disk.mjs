// Loaded before one of our programs (node --import): the disk answers later than it does. The delay in ms stands in the file that
// VONGGAC_CHAOS_DELAY names, read at each commit and each sync. Of SQLite's own syncs the commit around them is what can be held.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";

const file = process.env["VONGGAC_CHAOS_DELAY"] ?? "";
const delayMs = () => Number(fs.readFileSync(file, "utf8")) || 0;
const still = new Int32Array(new SharedArrayBuffer(4));
const hold = () => {
  const ms = delayMs();
  if (ms > 0) Atomics.wait(still, 0, 0, ms);
};

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (/** @type {string} */ sql) {
  if (sql.startsWith("COMMIT")) hold();
  return exec.call(this, sql);
};
const { fdatasync, fsyncSync } = fs;
fs.fdatasync = Object.assign(
  (/** @type {number} */ fd, /** @type {import("node:fs").NoParamCallback} */ done) =>
    void setTimeout(() => fdatasync(fd, done), delayMs()),
  { __promisify__: fdatasync.__promisify__ },
);
fs.fsyncSync = (fd) => {
  hold();
  fsyncSync(fd);
};
syncBuiltinESMExports();
