// What of the console works without one: for the command line.
import { readFileSync } from "node:fs";
import { type ChainEntry, type Personal, type Verdict, verifyChain } from "./people/audit-chain.ts";
import { messageOf, Problem } from "./problem.ts";

export type ExportCode = "audit-export-unreadable" | "audit-export-invalid";
type Line = (ChainEntry & { beside?: Personal | null }) | { head: { n: number; hash: string } };

/**
 * Verifies an exported audit (GET /api/audit/export), anywhere and offline. `head` is a hash that was kept elsewhere; without it the
 * export's own last line is taken, which whoever rewrote the whole file would have rewritten too. Throws Problem<ExportCode>.
 */
export function verifyExport(path: string, head?: string): Verdict & { anchored: boolean } {
  const lines = linesOf(path);
  const end = lines.at(-1);
  if (!end || !("head" in end)) throw invalid(path, lines.length, "the last line, which holds the head, is missing");
  const entries = lines.slice(0, -1).map((line, i): [ChainEntry, Personal | null | undefined] => {
    if ("head" in line || !isEntry(line)) throw invalid(path, i + 1, "it is no entry of the audit");
    const { beside, ...entry } = line;
    return [entry, beside];
  });
  const own = verifyChain(entries, end.head.hash);
  const verdict = own.ok && head !== undefined ? verifyChain(entries, head) : own;
  return { ...verdict, anchored: head !== undefined };
}

const invalid = (path: string, line: number, detail: string, cause?: unknown) =>
  new Problem<ExportCode>("audit-export-invalid", `${path}:${line}`, detail, "Export the audit again, whole.", cause);

const isText = (v: unknown): v is string => typeof v === "string";
const isEntry = (e: ChainEntry): boolean =>
  Number.isInteger(e.n) &&
  Number.isInteger(e.at) &&
  [e.actor, e.act, e.subject, e.personal, e.previous, e.hash].every(isText) &&
  typeof e.detail === "object" &&
  e.detail !== null &&
  Object.values(e.detail).every(isText);

function linesOf(path: string): Line[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Problem<ExportCode>("audit-export-unreadable", path, messageOf(error), "Check the path.", error);
  }
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, i) => {
      try {
        const value = JSON.parse(line) as Line;
        if (typeof value !== "object" || value === null) throw new Error("no object");
        return value;
      } catch (error) {
        throw invalid(path, i + 1, `no JSON object: ${messageOf(error)}`, error);
      }
    });
}
