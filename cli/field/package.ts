// `agent release-key | package | sign | install-command | offer`: how agents get into the field and stay up to date (docs/field.md).
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import pkg from "../../package.json" with { type: "json" };
import { provinceOption, withStack } from "../options.ts";
import { line, text } from "../say.ts";

/** The first line; a passphrase on the command line would stand in the list of processes. */
const passphraseIn = (file: string): string => readFileSync(file, "utf8").split("\n")[0]!;
const withPassphrase = (command: Command): Command =>
  command.requiredOption("--passphrase-file <file>", text("option.passphrase-file"));

export const fieldVerbs = (): Command[] => [releaseKey(), makePackage(), sign(), install(), offer()];

const releaseKey = (): Command =>
  withPassphrase(
    new Command("release-key")
      .description(text("help.agent.release-key"))
      .argument("<file>", text("help.agent.key-file")),
  ).action(async (file: string, o: { passphraseFile: string }) => {
    const { newReleaseKey } = await import("../../packaging/index.ts");
    line(newReleaseKey(file, passphraseIn(o.passphraseFile)).trimEnd());
    line(text("agent.release-key-made", { file }));
  });

const makePackage = (): Command =>
  withStack(
    new Command("package").description(text("help.agent.package")).argument("<folder>", text("help.agent.folder")),
  )
    .addOption(provinceOption())
    .action(async (folder: string, { province, ...options }: { stack?: string; province?: string }) => {
      const [{ fieldTrust }, packaging] = await Promise.all([
        import("../../infra/commands.ts"),
        import("../../packaging/index.ts"),
      ]);
      const trust = await fieldTrust({ ...options, provinceFile: province });
      const { version, serial, bytes } = await packaging.makePackage(folder, trust, pkg.version, Date.now());
      line(text("agent.packaged", { folder, version, serial, mib: Math.ceil(bytes / 1_048_576) }));
    });

const sign = (): Command =>
  withPassphrase(
    new Command("sign").description(text("help.agent.sign")).argument("<folder>", text("help.agent.folder")),
  )
    .requiredOption("--key <file>", text("help.agent.key-file"))
    .action(async (folder: string, o: { key: string; passphraseFile: string }) => {
      const { signPackage } = await import("../../packaging/index.ts");
      const sums = await signPackage(folder, o.key, passphraseIn(o.passphraseFile));
      line(text("agent.signed", { folder, sums }));
    });

/** The command goes to the terminal, the token to a file of its own. */
const install = (): Command =>
  withStack(
    new Command("install-command")
      .description(text("help.agent.install-command"))
      .argument("<folder>", text("help.agent.folder"))
      .argument("<agent>", text("help.agent.id")),
  )
    .option("--token-out <file>", text("option.token-out"))
    .action(async (folder: string, agent: string, o: { stack?: string; tokenOut?: string }) => {
      const { installCommand, readPackage } = await import("../../packaging/index.ts");
      const { sums } = await readPackage(folder);
      if (o.tokenOut !== undefined) {
        const { agentToken } = await import("../../infra/commands.ts");
        writeFileSync(o.tokenOut, `${agentToken({ ...o, agent })}\n`, { mode: 0o600, flag: "wx" });
        line(text("agent.token-written", { file: o.tokenOut }));
      }
      line(text("agent.run-there", { folder }));
      line(installCommand(sums, agent));
    });

const offer = (): Command =>
  new Command("offer")
    .description(text("help.agent.offer"))
    .argument("<folder>", text("help.agent.folder"))
    .requiredOption("--share <percent>", text("option.share"))
    .requiredOption("--releases <folder>", text("option.releases"))
    .action(async (folder: string, o: { share: string; releases: string }) => {
      const { offerRelease } = await import("../../packaging/index.ts");
      const { version, serial } = await offerRelease(folder, o.releases, Number(o.share));
      line(text("agent.offered", { version, serial, share: o.share }));
    });
