// `deadman`: the watcher that runs elsewhere and tells when the console itself is silent; `deadman package` makes what is carried there.
import { Command } from "commander";
import { line, text } from "./say.ts";

export const deadmanVerb = (): Command =>
  new Command("deadman")
    .description(text("help.deadman"))
    .option("--config <file>", text("option.deadman-config"))
    .action(async (options: { config?: string }, command: Command) => {
      if (options.config === undefined) return command.error("error: required option '--config <file>' not specified");
      const { runDeadman } = await import("../console/deadman.ts");
      await runDeadman(options.config);
    })
    .addCommand(packageVerb());

const packageVerb = (): Command =>
  new Command("package")
    .description(text("help.deadman.package"))
    .argument("<folder>", text("help.agent.folder"))
    .action(async (folder: string) => {
      const { installCommand, makeDeadmanPackage } = await import("../packaging/index.ts");
      const sums = await makeDeadmanPackage(folder);
      line(text("agent.run-there", { folder }));
      line(installCommand(sums));
    });
