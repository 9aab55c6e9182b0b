import { Command } from "commander";
import type { AgentSoftware } from "../../protocol/software.ts";
import { fieldVerbs } from "../field/package.ts";
import { jsonOption } from "../options.ts";
import { line, text } from "../say.ts";
import { callJson, type Where, withConsole, withMachine } from "./console.ts";

interface Enrolment {
  agent: string;
  keySha256: string;
  askedAt: number;
  address: string;
  state: string;
}
interface Revocation {
  agent: string;
  at: number;
  account: string;
  reason: string;
}
type Asked = Where & { json?: true };

const time = (at: number): string => new Date(at).toISOString();
const pathOf = (agent: string, what: string): string => `/api/agents/${encodeURIComponent(agent)}/${what}`;

/** `agent …`: who may be an agent, over the console's own API. */
export const agentVerb = (): Command => {
  const verb = people();
  for (const command of fieldVerbs()) verb.addCommand(command);
  return verb;
};

const people = (): Command =>
  new Command("agent")
    .description(text("help.agent"))
    .addCommand(
      withConsole(new Command("requests").description(text("help.agent.requests")))
        .addOption(jsonOption())
        .action(async (options: Asked) => {
          const { items } = await callJson<{ items: Enrolment[] }>(options, "GET", "/api/enrolments");
          if (options.json) return line(JSON.stringify(items));
          if (items.length === 0) return line(text("agent.no-requests"));
          for (const e of items)
            line(`${e.agent.padEnd(24)} ${e.state.padEnd(9)} ${e.keySha256} ${time(e.askedAt)} ${e.address}`);
        }),
    )
    .addCommand(decision("approve"))
    .addCommand(decision("refuse"))
    .addCommand(
      withMachine(
        new Command("revoke").description(text("help.agent.revoke")).argument("<agent>", text("help.agent.id")),
      )
        .requiredOption("--reason <text>", text("option.reason"))
        .action(async (agent: string, o: Asked & { reason: string }) => {
          await callJson(o, "POST", pathOf(agent, "revocation"), { reason: o.reason });
          line(text("agent.revoked", { agent }));
        }),
    )
    .addCommand(
      withConsole(new Command("revoked").description(text("help.agent.revoked")))
        .addOption(jsonOption())
        .action(async (options: Asked) => {
          const { items } = await callJson<{ items: Revocation[] }>(options, "GET", "/api/revocations");
          if (options.json) return line(JSON.stringify(items));
          if (items.length === 0) return line(text("agent.none-revoked"));
          for (const r of items) line(`${r.agent.padEnd(24)} ${time(r.at)} ${r.account.padEnd(20)} ${r.reason}`);
        }),
    )
    .addCommand(
      withConsole(new Command("software").description(text("help.agent.software")))
        .addOption(jsonOption())
        .action(async (options: Asked) => {
          const software = await callJson<AgentSoftware>(options, "GET", "/api/software");
          if (options.json) return line(JSON.stringify(software));
          const { heard, offer, news } = software;
          line(offer ? text("agent.offer", { ...offer }) : text("agent.no-offer"));
          for (const h of heard) line(`${h.agent.padEnd(24)} ${h.version.padEnd(12)} ${time(h.at)} ${h.address}`);
          for (const n of news)
            line(`${time(n.at)} ${n.agent.padEnd(24)} ${n.act.padEnd(20)} ${Object.values(n.detail).join(" ")}`);
        }),
    );

function decision(name: "approve" | "refuse"): Command {
  return withMachine(
    new Command(name)
      .description(text(`help.agent.${name}`))
      .argument("<agent>", text("help.agent.id"))
      .argument("<key>", text("help.agent.key")),
  ).action(async (agent: string, keySha256: string, options: Asked) => {
    await callJson(options, "POST", pathOf(agent, "enrolment"), { keySha256, decision: name });
    line(text(name === "approve" ? "agent.approved" : "agent.refused", { agent }));
  });
}
