import { Command } from "commander";
import type { Expected } from "../../infra/platforms/lab/faults/index.ts";
import { jsonOption, withStack } from "../options.ts";
import { line, text } from "../say.ts";

interface Options {
  stack?: string;
  undo?: true;
  list?: true;
  json?: true;
}

/** `lab fault NAME [TARGET]`: breaks one thing in the lab, or mends it again; `--undo` without a name mends all that was broken so. */
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
      if (options.list) return list(faults.catalogue(), options);
      const { standingLab } = await import("../../infra/commands.ts");
      if (options.undo && name === undefined) {
        const mended = await faults.undoAll(standingLab(options));
        const nothing = text("fault.none-injected");
        return line(
          options.json ? JSON.stringify({ mended }) : mended.length === 0 ? nothing : mended.map(undone).join("\n"),
        );
      }
      const fault = faults.faultNamed(name);
      if (!fault)
        return command.error(
          text("fault.unknown", { name: name ?? "", list: faults.FAULTS.map((f) => f.name).join(", ") }),
          { exitCode: 2 },
        );
      const lab = standingLab(options);
      if (options.undo) {
        const done = await faults.undo(lab, fault, target);
        return line(options.json ? JSON.stringify(done) : undone(done));
      }
      const done = await faults.inject(lab, fault, target);
      if (options.json) return line(JSON.stringify(done));
      line(text("fault.injected", { fault: fault.name, target: done.target }));
      line(`  ${expectation(done.expects)}`);
    });

const undone = ({ fault, target }: { fault: string; target: string }): string =>
  text("fault.undone", { fault, target });

const expectation = (expects: Expected): string =>
  "blind" in expects
    ? text("fault.blind", { why: text(`fault.blind.${expects.blind}`) })
    : text("fault.expected", { incident: expects.incident, seconds: expects.withinMs / 1_000 });

interface Entry {
  name: string;
  targets: string;
  blind?: string;
}

function list(faults: readonly Entry[], options: Options): void {
  if (options.json) {
    line(JSON.stringify(faults));
    return;
  }
  for (const { name, targets, blind } of faults) {
    const note = blind === undefined ? "" : `; ${text("fault.blind", { why: text(`fault.blind.${blind}`) })}`;
    line(`${name.padEnd(24)} ${text(`fault.${name}`)} (${text(`target.${targets}`)})${note}`);
  }
  const blind = faults.filter((f) => f.blind !== undefined).length;
  line(text("fault.count", { count: faults.length, blind }));
}
