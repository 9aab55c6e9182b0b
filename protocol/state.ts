// The digest that both sides compute over what every target last said (design: a report equal to the last one need not
// travel). Pure; a change of it is a change of protocol.
import { createHash } from "node:crypto";
import type { Report } from "./finding.ts";

/** The part of a report that makes it equal to another: everything but time. */
export function reportKey(report: Report): string {
  const said = report.outcome === "ran" ? report.findings : report.outcome === "skipped" ? report.reason : report.error;
  const facts = report.outcome === "ran" ? (report.facts ?? null) : null;
  return JSON.stringify([report.check, report.target, report.outcome, said, facts]);
}

/** Digest over the last reports of an agent, whatever their order. 32 hex digits. */
export function stateDigest(reports: Iterable<Report>): string {
  const keys = [...reports].map(reportKey).sort();
  return createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 32);
}
