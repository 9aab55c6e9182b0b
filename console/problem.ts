// The one shape of an error that an operator reads: a stable code, where it is, what is wrong, and what to do about it.

/** `code` is from the closed union of the module that throws; `where` a file, socket or row; `remedy` one sentence. */
export class Problem<Code extends string = string> extends Error {
  readonly code: Code;
  readonly where: string;
  readonly remedy: string;

  constructor(code: Code, where: string, detail: string, remedy: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = "Problem";
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }

  /** One line for a log or a terminal. */
  toLine(): string {
    return `${this.code}: ${this.where}: ${this.message}. ${this.remedy}`;
  }
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
