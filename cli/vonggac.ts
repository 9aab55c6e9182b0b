#!/usr/bin/env node
// The command line. One file a verb; a verb's world is loaded only when the verb is used. Exit codes: 0 done, 1 failed,
// 2 not understood; a check has codes of its own (cli/check/dnssec.ts), where 2 means errors found and 3 not understood.
import { Command, CommanderError } from "commander";
import { dnssecVerb } from "./check/dnssec.ts";
import { consoleVerb } from "./console.ts";
import { filesVerb } from "./files.ts";
import { impactVerb } from "./impact.ts";
import { downVerb } from "./lab/down.ts";
import { faultVerb } from "./lab/fault.ts";
import { healVerb } from "./lab/heal.ts";
import { statusVerb } from "./lab/status.ts";
import { upVerb } from "./lab/up.ts";
import { accountVerb } from "./people/account.ts";
import { agentVerb } from "./people/agent.ts";
import { apiVerb } from "./people/api.ts";
import { auditVerb } from "./people/audit.ts";
import { planVerb } from "./plan.ts";
import { rootKeyVerb } from "./root-key.ts";
import { printFailure, text } from "./say.ts";
import { signInVerb } from "./signin.ts";
import { verifyVerb } from "./verify.ts";

const program = new Command("vonggac").description(text("help.vonggac")).helpOption("-h, --help", text("help.help"));
program.addCommand(
  new Command("lab")
    .description(text("help.lab"))
    .addCommand(upVerb())
    .addCommand(downVerb())
    .addCommand(statusVerb())
    .addCommand(faultVerb())
    .addCommand(healVerb()),
);
program.addCommand(new Command("check").description(text("help.check")).addCommand(dnssecVerb()));
program.addCommand(filesVerb());
program.addCommand(consoleVerb());
program.addCommand(impactVerb());
program.addCommand(verifyVerb());
program.addCommand(planVerb());
program.addCommand(signInVerb());
program.addCommand(rootKeyVerb());
program.addCommand(accountVerb());
program.addCommand(agentVerb());
program.addCommand(auditVerb());
program.addCommand(apiVerb());
quietHelp(program);

/** No verb ends the process by itself: there is one way out, below. */
function quietHelp(command: Command): void {
  command.exitOverride().helpCommand(false).helpOption("-h, --help", text("help.help"));
  for (const child of command.commands) quietHelp(child);
}

try {
  await program.parseAsync();
  // The engine's libraries keep timers of their own; the work is done.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : process.argv[2] === "check" ? 3 : 2);
  printFailure(error);
  process.exit(1);
}
