import { Command } from "commander";
import { withStack } from "../options.ts";
import { line, progressLine, text } from "../say.ts";
import { words } from "./up.ts";

/** `lab down`: ends everything that `lab up` made; the console's record stays unless `--purge`. */
export const downVerb = (): Command =>
  withStack(new Command("down"))
    .description(text("help.down"))
    .option("--purge", text("option.purge"))
    .action(async (options: { stack?: string; purge?: true }) => {
      const { labDown } = await import("../../infra/commands.ts");
      const startedAt = performance.now();
      const shown = progressLine();
      const { wasUp, engineFault } = await labDown({
        ...options,
        onProgress: (progress) => shown.show(words(progress)),
      }).finally(shown.end);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      if (engineFault) line(text("down.swept", { why: engineFault }));
      line(wasUp ? text("down.done", { seconds }) : text("down.nothing"));
      line(text(options.purge ? "down.purged" : "down.kept"));
    });
