// Where the engine belongs, and how one knows that a binary is the pinned one.
import { join } from "node:path";
import { isExecutable, run } from "../../run.mjs";

/** The folder of the pinned engine. @param {Pick<import("../../machine.mjs").Machine, "env" | "home" | "engineVersion">} machine */
export function engineFolder({ env, home, engineVersion }) {
  return join(env["PULUMI_HOME"] || join(home, ".pulumi"), "versions", engineVersion, "bin");
}

/** Whether a binary is a Pulumi CLI of that version: it is asked. @param {string} binary @param {string} version */
export async function saysVersion(binary, version) {
  if (!isExecutable(binary)) return false;
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const ran = await run(binary, ["version"], { timeoutMs: 20_000, env });
  return ran.code === 0 && ran.output.trim().split("\n").at(-1) === `v${version}`;
}
