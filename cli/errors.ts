// What the command line itself refuses, by name; texts and remedies in locales under `error.` and `remedy.`.

export type CliErrorCode = "tag-unknown"; // --explain names no tag

export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly where: string;

  constructor(code: CliErrorCode, where: string) {
    super(where);
    this.code = code;
    this.where = where;
  }
}
