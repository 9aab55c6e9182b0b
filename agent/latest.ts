// The last report of every target: decides whether a new one says anything new, and gives the digest that both sides compare.
import type { Report } from "../protocol/finding.ts";
import { reportKey, stateDigest } from "../protocol/state.ts";

export class Latest {
  private readonly reports = new Map<string, { report: Report; key: string }>();

  /** Remembers the report; true when it differs from the last one of its target and has to travel. */
  offer(report: Report): boolean {
    const key = reportKey(report);
    if (this.reports.get(report.target)?.key === key) return false;
    this.reports.set(report.target, { report, key });
    return true;
  }

  get(target: string): Report | undefined {
    return this.reports.get(target)?.report;
  }

  /** All last reports, to be sent whole again. */
  all(): Report[] {
    return [...this.reports.values()].map(({ report }) => report);
  }

  /** Forgets targets that are no longer watched. */
  keepOnly(targets: ReadonlySet<string>): void {
    for (const target of this.reports.keys()) if (!targets.has(target)) this.reports.delete(target);
  }

  /** undefined until each of the targets has spoken once: until then the console cannot know the same. */
  digest(targets: ReadonlySet<string>): string | undefined {
    for (const target of targets) if (!this.reports.has(target)) return undefined;
    return stateDigest(this.all());
  }
}
