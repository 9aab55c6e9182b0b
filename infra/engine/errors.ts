// The named errors of the engine: what our own commands tell when Pulumi cannot do what was asked.

export type EngineErrorCode =
  | "engine-missing"
  | "engine-busy"
  | "engine-failed"
  | "engine-protected"
  | "engine-unprotected"
  | "policy-refused";

export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly where: string;
  readonly remedy: string;

  constructor(code: EngineErrorCode, where: string, detail: string, remedy: string, cause?: unknown) {
    super(`${code}: ${where}: ${detail} (${remedy})`, cause === undefined ? undefined : { cause });
    this.name = "EngineError";
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}
