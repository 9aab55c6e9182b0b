// The updater's process: `update.mjs`, started by systemd as root when the agent has fetched a release, and at boot. Paths and times are
// the installation's own; an option may move them, for tests.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { runUpdate } from "./updater.ts";

/** Stated in docs/field.md. */
const ACK_WITHIN_MS = 60_000;
const WATCH_MS = 180_000;

const { values } = parseArgs({
  options: {
    base: { type: "string", default: "/opt/vonggac-agent" },
    "agent-state": { type: "string", default: "/var/lib/vonggac-agent" },
    "own-state": { type: "string", default: "/var/lib/vonggac-agent-update" },
    key: { type: "string", default: "/etc/vonggac-agent/release-key.pem" },
    "ack-within-ms": { type: "string", default: String(ACK_WITHIN_MS) },
    "watch-ms": { type: "string", default: String(WATCH_MS) },
    restart: { type: "string", default: "systemctl restart vonggac-agent.service" },
    "die-after": { type: "string" },
  },
});

const log = (event: string, about: Record<string, unknown>) =>
  void process.stdout.write(`${JSON.stringify({ event, ...about })}\n`);
const ownState = values["own-state"];
const outcome = await runUpdate({
  base: values.base,
  agentState: values["agent-state"],
  ownState,
  key: readFileSync(values.key, "utf8"),
  arch: process.arch,
  ackWithinMs: Number(values["ack-within-ms"]),
  watchMs: Number(values["watch-ms"]),
  restartAgent: async () => {
    const [command = "", ...args] = values.restart.split(" ");
    await promisify(execFile)(command, args);
  },
  now: Date.now,
  log,
  // A power cut, for the test that makes one at each step.
  step: (name) => void (name === values["die-after"] && process.kill(process.pid, "SIGKILL")),
});
log("update-over", { outcome, state: join(ownState, "outcome.json") });
