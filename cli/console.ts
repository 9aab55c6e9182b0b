// `console`: the console's record: a copy while it runs, the proof of a copy, and a copy put back while it does not run.
import { Command } from "commander";
import { jsonOption, withStack } from "./options.ts";
import { line, text } from "./say.ts";

interface Facts {
  file: string;
  bytes: number;
  sha256: string;
  items: number;
  incidents: number;
  newestAt: number;
  kept?: string;
}

export const consoleVerb = (): Command =>
  new Command("console")
    .description(text("help.console"))
    .addCommand(backupVerb())
    .addCommand(verifyVerb())
    .addCommand(restoreVerb());

const backupVerb = (): Command =>
  withStack(new Command("backup"))
    .description(text("help.console-backup"))
    .addOption(jsonOption())
    .action(async (options: { stack?: string; json?: true }) => {
      const { backUpConsole } = await import("../infra/commands.ts");
      say(await backUpConsole(options), options.json);
    });

const verifyVerb = (): Command =>
  new Command("verify")
    .argument("<file>", text("argument.backup"))
    .description(text("help.console-verify"))
    .addOption(jsonOption())
    .action(async (file: string, options: { json?: true }) => {
      const { verifyBackup } = await import("../console/main.ts");
      say(await verifyBackup(file), options.json);
    });

const restoreVerb = (): Command =>
  new Command("restore")
    .argument("<file>", text("argument.backup"))
    .requiredOption("--data-dir <folder>", text("option.data-dir"))
    .description(text("help.console-restore"))
    .addOption(jsonOption())
    .action(async (file: string, options: { dataDir: string; json?: true }) => {
      const { restoreBackup } = await import("../console/main.ts");
      say(await restoreBackup(file, options.dataDir, Date.now()), options.json);
    });

function say(facts: Facts, json: true | undefined): void {
  if (json) {
    line(JSON.stringify(facts));
    return;
  }
  const newest = facts.newestAt === 0 ? "-" : new Date(facts.newestAt).toISOString();
  line(text("console.copy", { ...facts, newest, mib: Math.ceil(facts.bytes / 1_048_576) }));
  if (facts.kept !== undefined) line(text("console.kept", { kept: facts.kept }));
}
