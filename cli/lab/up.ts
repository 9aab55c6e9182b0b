import { Command } from "commander";
import type { Progress } from "../../infra/commands.ts";
import { agenciesOption, jsonOption, listenOption, portOption, provinceOption, withStack } from "../options.ts";
import { line, progressLine, text } from "../say.ts";

interface Options {
  stack?: string;
  agencies?: number;
  province?: string;
  port?: number;
  listen?: string;
  json?: true;
}

/** `lab up`: provisions the province by a real `pulumi up` and returns when all of it answers. */
export const upVerb = (): Command =>
  withStack(new Command("up"))
    .description(text("help.up"))
    .addOption(agenciesOption())
    .addOption(provinceOption())
    .addOption(portOption())
    .addOption(listenOption())
    .addOption(jsonOption())
    .action(async ({ province, ...options }: Options) => {
      const { labUp } = await import("../../infra/commands.ts");
      const startedAt = performance.now();
      const shown = progressLine();
      const done = await labUp({
        ...options,
        provinceFile: province,
        onProgress: (progress) => shown.show(words(progress)),
      }).finally(shown.end);
      if (options.json) return line(JSON.stringify(done));
      const changes = Object.entries(done.summary).map(([what, count]) => text(`change.${what}`, { count }));
      line(
        text("up.done", { seconds: ((performance.now() - startedAt) / 1000).toFixed(1), changes: changes.join(", ") }),
      );
      line(text("up.address", { url: done.url }));
    });

/** One step of the work in words. */
export const words = (progress: Progress): string =>
  progress.stage === "resource"
    ? `${progress.kind} ${progress.name}: ${text(`done.${progress.done}`)}`
    : text(`stage.${progress.stage}`);
