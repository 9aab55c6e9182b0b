// `pulumi up` by hand with the official CLI: the program that Pulumi.yaml names. Options come from the stack's configuration:
// `pulumi config set agencies 24`. Our own commands (commands.ts) run the same program through the Automation API.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import pulumi from "@pulumi/pulumi";
import { stackProgram } from "./stack.ts";

/** The program, by the settings of the selected stack. */
export default async function program(): Promise<Record<string, unknown>> {
  const config = new pulumi.Config();
  const checkout = resolve(import.meta.dirname, "..");
  const stateDir = resolve(checkout, config.get("stateDir") ?? ".vonggac");
  const { run } = await stackProgram({
    stack: pulumi.getStack(),
    checkout,
    stateDir,
    // The engine does not tell its program what it knows; where keys were made, something was provisioned.
    provisioned: existsSync(join(stateDir, "vault")),
    provinceFile: resolve(checkout, config.get("province") ?? join(checkout, "province.yaml")),
    agencies: config.getNumber("agencies"),
    port: config.getNumber("port"),
    listen: config.get("listen"),
  });
  return run();
}
