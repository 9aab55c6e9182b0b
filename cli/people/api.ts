import { Command } from "commander";
import { CliError } from "../errors.ts";
import { line, text } from "../say.ts";
import { callConsole, callJson, type Where, withConsole } from "./console.ts";

interface Document {
  paths: Record<string, Record<string, { operationId: string; summary: string }>>;
}

/** `api routes`: what there is to call, as the console itself says. `api call`: one call, its answer on standard output. */
export const apiVerb = (): Command =>
  new Command("api")
    .description(text("help.api"))
    .addCommand(
      withConsole(new Command("routes").description(text("help.api.routes"))).action(async (where: Where) => {
        const { paths } = await callJson<Document>(where, "GET", "/api/openapi.json");
        for (const [path, operations] of Object.entries(paths))
          for (const [method, { summary }] of Object.entries(operations))
            line(`${method.toUpperCase().padEnd(6)} ${path}\n       ${summary}`);
      }),
    )
    .addCommand(
      withConsole(
        new Command("call")
          .description(text("help.api.call"))
          .argument("<method>", text("help.api.method"))
          .argument("<path>", text("help.api.path"))
          .option("--data <json>", text("help.api.data")),
      ).action(async (method: string, path: string, options: Where & { data?: string }) => {
        const answer = await callConsole(options, method.toUpperCase(), path, dataOf(options.data));
        line(answer.trimEnd());
      }),
    );

function dataOf(data: string | undefined): unknown {
  try {
    return data === undefined ? undefined : JSON.parse(data);
  } catch (error) {
    throw new CliError("data-not-json", (error as Error).message);
  }
}
