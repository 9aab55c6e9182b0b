// What the command line itself refuses, by name; texts and remedies in locales under `error.` and `remedy.`.

export type CliErrorCode =
  | "tag-unknown" // --explain names no tag
  | "name-differs" // the name that was typed is not the host's
  | "console-silent" // no answer from the console
  | "console-refused" // an answer, which is a refusal: its name follows
  | "token-missing" // --url without a token
  | "data-not-json"
  | "hash-differs" // the console keeps, or gives, other bytes than those here
  | "evidence-damaged" // a piece no longer fits its hash
  | "secret-empty" // the file holds no secret
  | "account-unknown"
  | "audit-broken"; // the audit's chain is not whole

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
