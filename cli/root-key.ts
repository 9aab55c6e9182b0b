// `root-key`: the key of the province's root certificate leaves the vault for a medium that no network reaches, and comes back on the day
// on which an issuing CA is made.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { withStack } from "./options.ts";
import { line, text } from "./say.ts";

interface Options {
  stack?: string;
  passphraseFile: string;
}

const verb = (name: string) =>
  withStack(new Command(name))
    .argument("<file>", text("argument.root-key"))
    .requiredOption("--passphrase-file <file>", text("option.passphrase-file"));

/** The first line; a passphrase on the command line would stand in the list of processes. */
const passphraseIn = (file: string): string => readFileSync(file, "utf8").split("\n")[0]!;

export const rootKeyVerb = (): Command =>
  new Command("root-key")
    .description(text("help.root-key"))
    .addCommand(
      verb("out")
        .description(text("help.root-key-out"))
        .action(async (file: string, { passphraseFile, ...options }: Options) => {
          const { takeOutRootKey } = await import("../infra/commands.ts");
          takeOutRootKey({ ...options, file, passphrase: passphraseIn(passphraseFile) });
          line(text("root-key.out", { file }));
        }),
    )
    .addCommand(
      verb("back")
        .description(text("help.root-key-back"))
        .action(async (file: string, { passphraseFile, ...options }: Options) => {
          const { bringBackRootKey } = await import("../infra/commands.ts");
          bringBackRootKey({ ...options, file, passphrase: passphraseIn(passphraseFile) });
          line(text("root-key.back"));
        }),
    );
