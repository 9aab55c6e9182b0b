// The console's API as the command line calls it: by the admin socket of this machine (root or the console's account), or from
// anywhere by address and token. A token comes from a file or the environment, never from the command line, which others see.
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Command, Option } from "commander";
import { CliError } from "../errors.ts";
import { withStack } from "../options.ts";
import { text } from "../say.ts";

export interface Where {
  url?: string;
  tokenFile?: string;
  socket?: string;
  stack?: string;
}

/** The options that say which console. */
export const withConsole = (command: Command): Command =>
  withMachine(command)
    .addOption(new Option("--url <address>", text("option.console-url")))
    .addOption(new Option("--token-file <file>", text("option.token-file")));

/** Of what no token does: a person on the screen, or whoever holds the console's machine. */
export const withMachine = (command: Command): Command =>
  withStack(command).addOption(new Option("--socket <path>", text("option.socket")));

const TIMEOUT_MS = 60_000;

/** One call. Gives the body as it came. Throws CliError: `console-silent`, `console-refused` (with the problem's name). */
export async function callConsole(where: Where, method: string, path: string, body?: unknown): Promise<string> {
  const send = await senderOf(where);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string> = payload === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = send(method, path, headers, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (d: string) => {
        answer += d;
      });
      response.on("error", (error) => reject(new CliError("console-silent", error.message)));
      response.on("end", () => {
        if ((response.statusCode ?? 0) < 400) return resolve(answer);
        reject(new CliError("console-refused", refusalOf(answer, response.statusCode)));
      });
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error) => reject(new CliError("console-silent", error.message)));
    sent.end(payload);
  });
}

export const callJson = async <T>(where: Where, method: string, path: string, body?: unknown): Promise<T> =>
  JSON.parse(await callConsole(where, method, path, body)) as T;

function refusalOf(answer: string, status: number | undefined): string {
  try {
    const { code, detail } = JSON.parse(answer) as { code?: string; detail?: string };
    return `${code ?? status}: ${detail ?? ""}`;
  } catch {
    return String(status);
  }
}

type Sender = (
  method: string,
  path: string,
  headers: Record<string, string>,
  answered: (response: IncomingMessage) => void,
) => ReturnType<typeof httpRequest>;

async function senderOf(where: Where): Promise<Sender> {
  if (where.url === undefined) {
    const socketPath = where.socket ?? (await import("../../infra/commands.ts")).consoleSocket(where);
    return (method, path, headers, answered) => httpRequest({ socketPath, method, path, headers }, answered);
  }
  const token = tokenOf(where);
  const base = new URL(where.url);
  const send = base.protocol === "https:" ? httpsRequest : httpRequest;
  return (method, path, headers, answered) =>
    send(new URL(path, base), { method, headers: { ...headers, authorization: `Bearer ${token}` } }, answered);
}

function tokenOf(where: Where): string {
  const token = where.tokenFile ? readFileSync(where.tokenFile, "utf8").trim() : process.env["VONGGAC_TOKEN"];
  if (!token) throw new CliError("token-missing", where.url ?? "");
  return token;
}
