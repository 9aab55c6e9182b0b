#!/usr/bin/env node
// The command line. One file a verb; a verb is loaded only when it is used, all of them for the help. Exit codes: 0 done, 1 failed,
// 2 not understood; a check has codes of its own (cli/check/dnssec.ts), where 2 means errors found and 3 not understood.
import { Command, CommanderError } from "commander";
import { printFailure, text } from "./say.ts";

/** Every verb by its name. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  lab: async () => {
    const verbs = await Promise.all([
      import("./lab/up.ts").then(({ upVerb }) => upVerb()),
      import("./lab/down.ts").then(({ downVerb }) => downVerb()),
      import("./lab/status.ts").then(({ statusVerb }) => statusVerb()),
      import("./lab/fault.ts").then(({ faultVerb }) => faultVerb()),
      import("./lab/heal.ts").then(({ healVerb }) => healVerb()),
      import("./lab/let-go.ts").then(({ letGoVerb }) => letGoVerb()),
    ]);
    return verbs.reduce((lab, verb) => lab.addCommand(verb), new Command("lab").description(text("help.lab")));
  },
  check: async () => {
    const { dnssecVerb } = await import("./check/dnssec.ts");
    return new Command("check").description(text("help.check")).addCommand(dnssecVerb());
  },
  files: async () => (await import("./files.ts")).filesVerb(),
  console: async () => (await import("./console.ts")).consoleVerb(),
  deadman: async () => (await import("./deadman.ts")).deadmanVerb(),
  impact: async () => (await import("./impact.ts")).impactVerb(),
  verify: async () => (await import("./verify.ts")).verifyVerb(),
  plan: async () => (await import("./plan.ts")).planVerb(),
  signin: async () => (await import("./signin.ts")).signInVerb(),
  "root-key": async () => (await import("./root-key.ts")).rootKeyVerb(),
  account: async () => (await import("./people/account.ts")).accountVerb(),
  agent: async () => (await import("./people/agent.ts")).agentVerb(),
  api: async () => (await import("./people/api.ts")).apiVerb(),
  audit: async () => (await import("./people/audit.ts")).auditVerb(),
  "provider-secret": async () => (await import("./people/secrets.ts")).providerSecretVerb(),
  "channel-secret": async () => (await import("./people/secrets.ts")).channelSecretVerb(),
  incident: async () => (await import("./casework/incident.ts")).incidentVerb(),
  silence: async () => (await import("./casework/others.ts")).silenceVerb(),
  task: async () => (await import("./casework/others.ts")).taskVerb(),
  clock: async () => (await import("./casework/others.ts")).clockVerb(),
  duty: async () => (await import("./casework/others.ts")).dutyVerb(),
  export: async () => (await import("./casework/incident.ts")).exportVerb(),
};

const program = new Command("vonggac").description(text("help.vonggac"));
const asked = process.argv[2] ?? "";
for (const verb of Object.hasOwn(VERBS, asked) ? [asked] : Object.keys(VERBS)) program.addCommand(await VERBS[verb]!());
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
