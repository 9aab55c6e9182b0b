// Why a tool of the command line could not look, by name. Texts and remedies stand in cli/locales under `error.` and `remedy.`.

export type ToolErrorCode =
  | "zone-name-invalid" // not a domain name
  | "address-invalid" // --server or --resolver is no IP address
  | "time-invalid" // --at is neither ISO 8601 nor Unix seconds
  | "file-unreadable"
  | "anchor-invalid" // no DS or DNSKEY records in zone-file form
  | "key-invalid" // no TSIG key in a form that is known
  | "hints-invalid" // no NS with addresses at the root
  | "options-conflict" // --server and --resolver exclude each other
  | "dns-blocked" // no root server answers: port 53 outward is closed, or there is no network
  | "dns-intercepted" // something answers in the root servers' place
  | "resolver-silent"
  | "resolver-strips" // the resolver leaves signatures out
  | "name-missing"; // the name does not exist

/** `where`: the option, file or name; the message carries the system's own words. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly code: ToolErrorCode;
  readonly where: string;

  constructor(code: ToolErrorCode, where: string, detail = "", cause?: unknown) {
    super(detail || where, cause === undefined ? undefined : { cause });
    this.code = code;
    this.where = where;
  }
}
