import { Command } from "commander";
import { agenciesOption, jsonOption } from "./options.ts";
import { line, text } from "./say.ts";

interface Options {
  out: string;
  file?: string;
  withSecrets?: true;
  agencies?: number;
  json?: true;
}

/** `files`: everything that each host needs, as a tree that an engineer copies; the same texts that the lab runs. */
export const filesVerb = (): Command =>
  new Command("files")
    .description(text("help.files"))
    .requiredOption("--out <folder>", text("option.files-out"))
    .option("--file <file>", text("option.province-file"))
    .option("--with-secrets", text("option.with-secrets"))
    .addOption(agenciesOption(20_000))
    .addOption(jsonOption())
    .action(async ({ json, file, ...options }: Options) => {
      const { filesTree } = await import("../infra/commands.ts");
      const counts = await filesTree({ ...options, provinceFile: file });
      if (json) return line(JSON.stringify(counts));
      line(text("files.done", { ...counts, folder: options.out }));
      line(text(options.withSecrets ? "files.with-secrets" : "files.without-secrets", { secrets: counts.secrets }));
    });
