// `provider-secret FILE`, `channel-secret NAME FILE`: secrets that others gave the console (its client's at the identity provider, a mail
// relay's password, a webhook's key) go from a file into the vault; `-` reads standard input.
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
      const secret = secretIn(file);
      const { keepProvider } = await import("../../infra/commands.ts");
      keepProvider({ ...options, secret });
      line(text("provider-secret.kept"));
    });

export const channelSecretVerb = (): Command =>
  withStack(new Command("channel-secret"))
    .description(text("help.channel-secret"))
    .argument("<name>", text("argument.secret-name"))
    .argument("<file>", text("argument.secret-file"))
    .action(async (name: string, file: string, options: { stack?: string }) => {
      const secret = secretIn(file);
      const { keepChannelSecret } = await import("../../infra/commands.ts");
      keepChannelSecret({ ...options, name, secret });
      line(text("provider-secret.kept"));
    });

function secretIn(file: string): string {
  const secret = readFileSync(file === "-" ? STDIN : file, "utf8");
  if (secret.trim() === "") throw new CliError("secret-empty", file);
  return secret;
}
