import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { CliError } from "../errors.ts";
import { line, text } from "../say.ts";
import { callConsole, callJson, type Where, withConsole } from "./console.ts";

type Verdict =
  | { ok: true; entries: number; head: string; erased: number; anchored?: boolean }
  | { ok: false; code: string; at: number };

/** `audit export`: the whole audit to a file. `audit verify`: a file, offline, or else the running console's own. */
export const auditVerb = (): Command =>
  new Command("audit")
    .description(text("help.audit"))
    .addCommand(
      withConsole(
        new Command("export").description(text("help.audit.export")).argument("<file>", text("help.audit.file")),
      ).action(async (file: string, options: Where) => {
        writeFileSync(file, await callConsole(options, "GET", "/api/audit/export"), { mode: 0o600, flag: "wx" });
        line(text("audit.exported", { file }));
      }),
    )
    .addCommand(
      withConsole(
        new Command("verify")
          .description(text("help.audit.verify"))
          .argument("[file]", text("help.audit.file"))
          .option("--head <hash>", text("help.audit.head")),
      ).action(async (file: string | undefined, options: Where & { head?: string }) => {
        const verdict = await verdictOf(file, options);
        if (!verdict.ok) throw new CliError("audit-broken", `${verdict.code}, ${text("audit.entry")} ${verdict.at}`);
        const { entries, head, erased } = verdict;
        line(text("audit.whole", { entries, erased, head }));
        if (options.head === undefined) line(text("audit.unanchored"));
      }),
    );

async function verdictOf(file: string | undefined, options: Where & { head?: string }): Promise<Verdict> {
  if (file !== undefined) {
    const { verifyExport } = await import("../../console/tools.ts");
    return verifyExport(file, options.head);
  }
  const query = options.head === undefined ? "" : `?head=${encodeURIComponent(options.head)}`;
  return callJson(options, "GET", `/api/audit/verify${query}`);
}
