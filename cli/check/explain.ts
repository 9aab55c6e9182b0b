// `--explain TAG`: what a finding means, which clause asks for it, how bad it is, and what to do.
import { textIfKnown } from "../../protocol/locales/index.ts";
import { TAGS, tagRow } from "../../protocol/tags.ts";
import { CliError } from "../errors.ts";
import { line, spoken, text } from "../say.ts";
import { clauseText } from "./draw.ts";

/** Prints it and gives the exit code. @throws CliError tag-unknown */
export function explain(given: string, json: boolean): number {
  const tag = given.toUpperCase();
  if (!Object.hasOwn(TAGS, tag)) throw new CliError("tag-unknown", given);
  const language = spoken();
  const { severity, clause } = tagRow(tag);
  const [title, remedy] = ["title", "remedy"].map((part) => textIfKnown(language, `tag.${tag}.${part}`) ?? tag);
  if (json) {
    line(JSON.stringify({ tag, severity, clause, title, remedy }));
    return 0;
  }
  line(`${tag}: ${title}`);
  line(`${text("check.severity")}: ${textIfKnown(language, `severity.${severity}`) ?? severity}`);
  line(`${text("check.clause")}: ${clauseText(clause, language)}`);
  line(`${text("check.remedy")}: ${remedy}`);
  return 0;
}
