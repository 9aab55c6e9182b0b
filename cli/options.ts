// Options that several verbs share, and how their values are checked before anything is touched.
import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { text } from "./say.ts";

/** `--stack`: another lab beside the user's own; for tests, so help does not name it. */
export const withStack = (command: Command): Command =>
  command.addOption(new Option("--stack <name>", text("option.stack")).hideHelp());

const integer = (least: number, most: number) => (value: string) => {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most)
    throw new InvalidArgumentError(text("option.integer", { least, most }));
  return number;
};

export const agenciesOption = (most = 1_000): Option =>
  new Option("--agencies <n>", text("option.agencies")).argParser(integer(1, most));
export const portOption = (): Option => new Option("--port <port>", text("option.port")).argParser(integer(1, 65_535));
export const listenOption = (): Option =>
  new Option("--listen <address>", text("option.listen")).argParser((value) => {
    if (isIP(value) === 0) throw new InvalidArgumentError(text("option.address"));
    return value;
  });
export const jsonOption = (): Option => new Option("--json", text("option.json"));
export const provinceOption = (): Option => new Option("--province <file>", text("option.province"));
