// `verify`: the running lab against the plan, by packets, routes, rules and names. Prints how much was probed, and then only differences.
// Exit codes: 0 all of the plan was probed and nothing differs, 1 something differs or was not probed.
import { Command, Option } from "commander";
import type { ProofName, Verified } from "../infra/commands.ts";
import { jsonOption, provinceOption, withStack } from "./options.ts";
import { line, progressLine, text } from "./say.ts";

interface Options {
  stack?: string;
  province?: string;
  only?: ProofName[];
  all?: true;
  json?: true;
}

export const verifyVerb = (): Command =>
  withStack(new Command("verify"))
    .description(text("help.verify"))
    .addOption(provinceOption())
    .addOption(new Option("--only <proof...>", text("option.only")).choices(["routes", "rules", "names", "packets"]))
    .option("--all", text("option.all-sites"))
    .addOption(jsonOption())
    .action(async ({ province, ...options }: Options) => {
      const { labVerify } = await import("../infra/commands.ts");
      const shown = progressLine();
      const onProof = (name: ProofName) => shown.show(text(`verify.proving.${name}`));
      const verified = await labVerify({ ...options, provinceFile: province, onProof }).finally(shown.end);
      if (options.json) line(JSON.stringify(verified));
      else for (const words of wordsOf(verified)) line(words);
      process.exitCode = verified.clean ? 0 : 1;
    });

/** A line a proof, then its differences. */
function wordsOf({ proofs, clean }: Verified): string[] {
  const lines = proofs.flatMap(({ name, proof: { planned, probed, differences } }) => [
    `${differences.length === 0 && probed === planned && probed > 0 ? "✓" : "✗"} ${text(`verify.${name}`, { planned, probed })}`,
    ...(probed === 0 ? [`    ${text("verify.none")}`] : []),
    ...differences.map(({ where, key, facts }) => `    ${where}: ${text(`verify.${key}`, facts)}`),
  ]);
  return [...lines, text(clean ? "verify.clean" : "verify.differs")];
}
