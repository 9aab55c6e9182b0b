// `deadman`: the watcher that runs elsewhere and tells when the console itself is silent.
import { Command } from "commander";
import { text } from "./say.ts";

export const deadmanVerb = (): Command =>
  new Command("deadman")
    .description(text("help.deadman"))
    .requiredOption("--config <file>", text("option.deadman-config"))
    .action(async (options: { config: string }) => {
      const { runDeadman } = await import("../console/deadman.ts");
      await runDeadman(options.config);
    });
