// The named errors of the lab: a closed union of codes, each with where it happened and what the operator can do.

export type LabErrorCode =
  | "not-configured"
  | "resource-unknown"
  | "input-refused"
  | "values-unknown"
  | "cancelled"
  | "cut-off"
  | "not-root"
  | "not-linux"
  | "stack-name-invalid"
  | "tool-missing"
  | "command-failed"
  | "account-missing"
  | "content-missing"
  | "secret-missing"
  | "path-not-bindable"
  | "mountpoint-missing"
  | "prepare-failed"
  | "daemon-died"
  | "port-taken"
  | "namespace-missing"
  | "lab-not-up"
  | "lab-of-another"
  | "not-converged"
  | "fault-unknown"
  | "fault-target-unknown"
  | "fault-failed"
  | "fault-impossible"
  | "admin-socket-silent";

/** An error with a stable code, the place it speaks of, and a remedy in words. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly where: string;
  readonly remedy: string;

  constructor(code: LabErrorCode, where: string, detail: string, remedy: string, cause?: unknown) {
    super(`${code}: ${where}: ${detail} (${remedy})`, cause === undefined ? undefined : { cause });
    this.name = "LabError";
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}
