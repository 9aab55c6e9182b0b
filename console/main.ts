// The console's process: `main.ts --config FILE`. Reads the configuration, starts, and stops cleanly on a signal.
import { parseArgs } from "node:util";
import { readConfig } from "./config.ts";
import { startConsole } from "./console.ts";
import { createLog, type Logger } from "./log.ts";
import { messageOf, Problem } from "./problem.ts";

export { restoreBackup, verifyBackup } from "./store/backup.ts";

/** Exit codes: 0 asked to stop, 78 something is wrong that an operator must mend (sysexits EX_CONFIG), 70 our mistake. */
const EXIT = { ok: 0, config: 78, software: 70 } as const;
const STOP_WITHIN_MS = 5_000;

/** Runs until a signal. Never resolves before. */
export async function main(argv: string[]): Promise<void> {
  // Whatever we write is ours alone: the record, its journal.
  process.umask(0o077);
  let log: Logger = createLog("info");
  const fatal = (error: unknown, code: number): never => {
    if (error instanceof Problem)
      log.fatal({ problem: error.code, where: error.where, detail: error.message, remedy: error.remedy });
    else log.fatal({ problem: "unexpected", detail: messageOf(error), stack: (error as Error)?.stack });
    process.exit(code);
  };
  process.on("uncaughtException", (error) => fatal(error, EXIT.software));
  process.on("unhandledRejection", (error) => fatal(error, EXIT.software));
  try {
    const config = readConfig(configPath(argv));
    log = createLog(config.logLevel);
    const running = await startConsole(config, log);
    const stop = (signal: string) => {
      log.info({ event: "console-stops", signal });
      setTimeout(() => process.exit(EXIT.ok), STOP_WITHIN_MS).unref();
      running.close().then(
        () => process.exit(EXIT.ok),
        (error: unknown) => fatal(error, EXIT.software),
      );
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    fatal(error, error instanceof Problem ? EXIT.config : EXIT.software);
  }
}

function configPath(argv: string[]): string {
  const { values } = parseArgs({ args: argv, options: { config: { type: "string" } }, strict: false });
  if (typeof values.config === "string") return values.config;
  throw new Problem(
    "usage",
    "the command line",
    "--config FILE is missing",
    "Start it as: main.ts --config /path/console.json",
  );
}

if (import.meta.main) await main(process.argv.slice(2));
