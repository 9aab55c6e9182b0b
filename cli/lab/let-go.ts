import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { CliError } from "../errors.ts";
import { withStack } from "../options.ts";
import { line, text } from "../say.ts";

interface Options {
  stack?: string;
  name?: string;
}

/** `lab let-go HOST`: takes the engine's protection off a host whose key or record is nowhere else. Asks for its name once more. */
export const letGoVerb = (): Command =>
  withStack(new Command("let-go"))
    .description(text("help.let-go"))
    .argument("<host>", text("argument.host"))
    .option("--name <host>", text("option.let-go-name"))
    .action(async (host: string, { name, ...options }: Options) => {
      if ((name ?? (await asked(host))) !== host) throw new CliError("name-differs", host);
      const { labLetGo } = await import("../../infra/commands.ts");
      const { released } = await labLetGo({ ...options, host });
      line(text("let-go.done", { list: released.join(", ") }));
    });

/** Nobody is there to be asked: then it must stand on the command line. */
async function asked(host: string): Promise<string> {
  if (!process.stdin.isTTY) return "";
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${text("let-go.ask", { host })} `)).trim();
  } finally {
    terminal.close();
  }
}
