import { Command } from "commander";
import { jsonOption, withStack } from "../options.ts";
import { line, text } from "../say.ts";

interface Options {
  stack?: string;
  undo?: true;
  list?: true;
  json?: true;
}

/** `lab fault NAME [TARGET]`: breaks one thing in the lab, or mends it again. */
export const faultVerb = (): Command =>
  withStack(new Command("fault"))
    .description(text("help.fault"))
    .argument("[name]", text("argument.fault"))
    .argument("[target]", text("argument.target"))
    .option("--undo", text("option.undo"))
    .option("--list", text("option.list"))
    .addOption(jsonOption())
    .action(async (name: string | undefined, target: string | undefined, options: Options, command: Command) => {
      const faults = await import("../../infra/platforms/lab/faults/index.ts");
      if (options.list) return list(faults.FAULTS, options);
      const fault = faults.faultNamed(name);
      if (!fault)
        return command.error(
          text("fault.unknown", { name: name ?? "", list: faults.FAULTS.map((f) => f.name).join(", ") }),
          { exitCode: 2 },
        );
      const { standingLab } = await import("../../infra/commands.ts");
      const done = await (options.undo ? faults.undo : faults.inject)(standingLab(options), fault, target);
      if (options.json) return line(JSON.stringify(done));
      line(text(options.undo ? "fault.undone" : "fault.injected", { fault: fault.name, target: done.target }));
    });

function list(faults: readonly { name: string; targets: string }[], options: Options): void {
  if (options.json) line(JSON.stringify(faults.map(({ name, targets }) => ({ name, targets }))));
  else
    for (const { name, targets } of faults)
      line(`${name.padEnd(20)} ${text(`fault.${name}`)} (${text(`target.${targets}`)})`);
}
