import { Command } from "commander";
import { jsonOption, withStack } from "./options.ts";
import { line, text } from "./say.ts";

/** `signin`: a code with which one person signs in once; on the terminal and nowhere else. */
export const signInVerb = (): Command =>
  withStack(new Command("signin"))
    .description(text("help.signin"))
    .addOption(jsonOption())
    .action(async (options: { stack?: string; json?: true }) => {
      const { signInCode } = await import("../infra/commands.ts");
      const { code, expiresAt } = await signInCode(options);
      if (options.json) return line(JSON.stringify({ code, expiresAt }));
      line(text("signin.code", { code, minutes: Math.max(1, Math.round((expiresAt - Date.now()) / 60_000)) }));
    });
