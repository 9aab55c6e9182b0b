// `provider-secret FILE`: the console's secret at the identity provider goes from a file into the vault; `-` reads standard input.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { CliError } from "../errors.ts";
import { withStack } from "../options.ts";
import { line, text } from "../say.ts";

const STDIN = 0;

export const providerSecretVerb = (): Command =>
  withStack(new Command("provider-secret"))
    .description(text("help.provider-secret"))
    .argument("<file>", text("argument.secret-file"))
    .action(async (file: string, options: { stack?: string }) => {
      const secret = readFileSync(file === "-" ? STDIN : file, "utf8");
      if (secret.trim() === "") throw new CliError("secret-empty", file);
      const { keepProvider } = await import("../../infra/commands.ts");
      keepProvider({ ...options, secret });
      line(text("provider-secret.kept"));
    });
