import { Command, Option } from "commander";
import { CliError } from "../errors.ts";
import { jsonOption } from "../options.ts";
import { line, text } from "../say.ts";
import { callJson, type Where, withConsole, withMachine } from "./console.ts";

interface Account {
  uid: string;
  name: string;
  display: string;
  roles: string[];
  agencies: string[];
  state: string;
  hasSecondFactor: boolean;
}
interface Invitation {
  code: string;
  expiresAt: number;
}
type Asked = Where & { json?: true };

const list = (value: string): string[] => value.split(",").filter((v) => v !== "");
const rolesOption = () => new Option("--roles <list>", text("option.roles")).argParser(list);
const agenciesOption = () => new Option("--agencies <list>", text("option.account-agencies")).argParser(list);

async function allAccounts(where: Where): Promise<Account[]> {
  const found: Account[] = [];
  for (let next: string | undefined = ""; next !== undefined; ) {
    const path = `/api/accounts?limit=200${next && `&cursor=${next}`}`;
    const page: { items: Account[]; next?: string } = await callJson(where, "GET", path);
    found.push(...page.items);
    next = page.next;
  }
  return found;
}

async function pathOf(where: Where, name: string): Promise<string> {
  const account = (await allAccounts(where)).find((a) => a.name === name);
  if (!account) throw new CliError("account-unknown", name);
  return `/api/accounts/${account.uid}`;
}

const sayInvitation = (name: string, { code, expiresAt }: Invitation): void =>
  line(text("account.invitation", { name, code, until: new Date(expiresAt).toISOString() }));

/** `account …`: people's accounts, over the console's own API. */
export const accountVerb = (): Command =>
  new Command("account")
    .description(text("help.account"))
    .addCommand(
      withConsole(new Command("list").description(text("help.account.list")))
        .addOption(jsonOption())
        .action(async (options: Asked) => {
          const accounts = await allAccounts(options);
          if (options.json) return line(JSON.stringify(accounts));
          if (accounts.length === 0) return line(text("account.none"));
          for (const a of accounts)
            line(
              `${a.name.padEnd(20)} ${a.state.padEnd(9)} ${a.hasSecondFactor ? "2" : "1"} ${a.roles.join(",")} ${a.agencies.join(",")}  ${a.display}`,
            );
        }),
    )
    .addCommand(
      withMachine(
        new Command("add").description(text("help.account.add")).argument("<name>", text("help.account.name")),
      )
        .requiredOption("--display <text>", text("option.display"))
        .addOption(rolesOption().makeOptionMandatory())
        .addOption(agenciesOption())
        .addOption(jsonOption())
        .action(async (name: string, o: Asked & { display: string; roles: string[]; agencies?: string[] }) => {
          const { display, roles, agencies = [] } = o;
          const body = { name, display, roles, agencies };
          const made = await callJson<{ invitation: Invitation }>(o, "POST", "/api/accounts", body);
          if (o.json) return line(JSON.stringify(made));
          sayInvitation(name, made.invitation);
        }),
    )
    .addCommand(
      withMachine(
        new Command("set").description(text("help.account.set")).argument("<name>", text("help.account.name")),
      )
        .addOption(rolesOption())
        .addOption(agenciesOption())
        .addOption(new Option("--state <state>", text("option.state")).choices(["active", "disabled", "sealed"]))
        .action(async (name: string, o: Asked & { roles?: string[]; agencies?: string[]; state?: string }) => {
          const { roles, agencies, state } = o;
          const body = { ...(roles && { roles }), ...(agencies && { agencies }), ...(state && { state }) };
          await callJson(o, "PATCH", await pathOf(o, name), body);
          line(text("account.changed", { name }));
        }),
    )
    .addCommand(
      withMachine(
        new Command("invite").description(text("help.account.invite")).argument("<name>", text("help.account.name")),
      ).action(async (name: string, options: Asked) =>
        sayInvitation(name, await callJson(options, "POST", `${await pathOf(options, name)}/invitation`, {})),
      ),
    );
