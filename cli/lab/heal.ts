import { Command } from "commander";
import { withStack } from "../options.ts";
import { line, text } from "../say.ts";

/** `lab heal`: starts every daemon that does not run. */
export const healVerb = (): Command =>
  withStack(new Command("heal"))
    .description(text("help.heal"))
    .action(async (options: { stack?: string }) => {
      const { labHeal } = await import("../../infra/commands.ts");
      const { started } = await labHeal(options);
      line(started.length === 0 ? text("heal.nothing") : text("heal.started", { list: started.join(", ") }));
    });
