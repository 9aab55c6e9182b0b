// `pulumi up` by hand with the official CLI: the program that Pulumi.yaml names. Options come from the stack's configuration:
// `pulumi config set agencies 24`. Our own commands (commands.ts) run the same program through the Automation API.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import pulumi from "@pulumi/pulumi";
import { refuseUnknown, settingsFrom } from "./config.ts";
import { PROJECT } from "./engine/backend.ts";
import { stackProgram } from "./stack.ts";

/** The program, by the settings of the selected stack. Throws ConfigError. */
export default async function program(): Promise<Record<string, unknown>> {
  const config = new pulumi.Config();
  const checkout = resolve(import.meta.dirname, "..");
  const own = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(`${PROJECT}:`));
  refuseUnknown(own.map((key) => key.slice(PROJECT.length + 1)));
  const { province, stateDir, lab, ...settings } = settingsFrom((key) => config.get(key), checkout);
  const { run } = await stackProgram({
    stack: lab ?? pulumi.getStack(),
    checkout,
    stateDir,
    // The engine does not tell its program what it knows; where keys were made, something was provisioned.
    provisioned: existsSync(join(stateDir, "vault")),
    provinceFile: province,
    ...settings,
  });
  return run();
}
