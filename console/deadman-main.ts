// The watcher's process where it is installed by itself: `deadman-main --config FILE [--check]`. Exit codes as the console's: 78 what an
// operator must mend, 70 our mistake.
import { parseArgs } from "node:util";
import { checkDeadman, runDeadman } from "./deadman.ts";
import { createLog } from "./log.ts";
import { messageOf, Problem } from "./problem.ts";

const { values } = parseArgs({ options: { config: { type: "string" }, check: { type: "boolean" } }, strict: false });
const file = typeof values.config === "string" ? values.config : "/etc/vonggac-deadman/deadman.json";
try {
  if (values.check === true) checkDeadman(file);
  else await runDeadman(file);
} catch (error) {
  const named = error instanceof Problem;
  const facts = named ? { problem: error.code, where: error.where, remedy: error.remedy } : { problem: "unexpected" };
  createLog("info").fatal({ ...facts, detail: messageOf(error) });
  process.exitCode = named ? 78 : 70;
}
