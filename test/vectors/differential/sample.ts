/**
 * Runs the suite as a user would and reads its report: for tests, each in a process and namespace of its own.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Report } from "./report.ts";

export function runSample(args: readonly string[]): Promise<Report> {
  const script = join(import.meta.dirname, "../run.ts");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, "differential", ...args, "--json"],
      { maxBuffer: 64e6 },
      (_error, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout) as Report);
        } catch {
          reject(new Error(`no report: ${stderr.slice(-2_000)}`));
        }
      },
    );
  });
}
