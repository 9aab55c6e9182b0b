// Loaded before each test file: whoever still holds something open some minutes after its last test is ended, with what it holds as the
// reason. Node's own --test-force-exit ends a file before all of its results are out: tests vanish, and failures with them.
import { after } from "node:test";

/** The file's own `after` may come behind ours, and put a whole lab back to what it was. */
const GRACE_MS = 240_000;

after(() => {
  // Of no account while it runs: a file that holds nothing open ends at once.
  setTimeout(() => {
    process.stderr.write(`after its last test it holds open: ${process.getActiveResourcesInfo().join(", ")}\n`);
    process.exit(1);
  }, GRACE_MS).unref();
});
