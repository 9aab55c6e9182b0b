// `check dnssec`: a zone's DNSSEC from the root down, as a tree and in words. Exit codes as check tools have them: 0 good,
// 1 warnings, 2 errors, 3 could not look.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { LANGUAGES, type Language } from "../../protocol/locales/index.ts";
import { jsonOption } from "../options.ts";
import { line, printFailure, speak, spoken, text } from "../say.ts";
import { drawDnssec } from "./draw.ts";
import { explain } from "./explain.ts";

interface Options {
  anchor?: string;
  hints?: string;
  server?: string[];
  resolver?: string;
  at?: string;
  own?: true;
  transferKey?: string;
  memory?: string;
  port?: string;
  explain?: string;
  lang?: Language;
  json?: true;
}

const COULD_NOT_LOOK = 3;

const language = (value: string): Language => {
  const known = LANGUAGES.find((one) => one === value);
  if (!known) throw new InvalidArgumentError(LANGUAGES.join(", "));
  return known;
};

export const dnssecVerb = (): Command =>
  new Command("dnssec")
    .description(text("help.check-dnssec"))
    .argument("[zone]", text("argument.zone"))
    .option("--anchor <file>", text("option.anchor"))
    .option("--hints <file>", text("option.hints"))
    .option("--server <ip...>", text("option.server"))
    .option("--resolver <ip>", text("option.resolver"))
    .option("--at <time>", text("option.at"))
    .option("--own", text("option.own"))
    .option("--transfer-key <file>", text("option.transfer-key"))
    .option("--memory <file>", text("option.memory"))
    .option("--explain <tag>", text("option.explain"))
    .addOption(new Option("--lang <language>", text("option.lang")).argParser(language))
    .addOption(new Option("--port <port>").hideHelp())
    .addOption(jsonOption())
    .addHelpText("after", `\n${text("help.check-codes")}`)
    .action(async (zone: string | undefined, options: Options) => {
      if (options.lang) speak(options.lang);
      try {
        process.exitCode = await run(zone, options);
      } catch (error) {
        printFailure(error);
        process.exitCode = COULD_NOT_LOOK;
      }
    });

async function run(
  zone: string | undefined,
  { port, explain: tag, json, lang: _, memory, ...options }: Options,
): Promise<number> {
  if (tag !== undefined) return explain(tag, json === true);
  const { checkDnssec, ToolError } = await import("../../agent/tools.ts");
  if (zone === undefined) throw new ToolError("zone-name-invalid", "ZONE");
  const before = memory !== undefined && existsSync(memory) ? { before: readFileSync(memory, "utf8") } : {};
  const report = await checkDnssec({ zone, ...options, ...before, ...(port !== undefined && { port: Number(port) }) });
  if (memory !== undefined) writeFileSync(memory, report.memory);
  if (json) line(JSON.stringify(report));
  else for (const words of drawDnssec(report, spoken())) line(words);
  return report.exitCode;
}
