// Why the CA says no: closed, stable, and answered on the socket as `code`.

export type RefusalCode =
  | "request-invalid"
  | "token-unknown"
  | "token-expired"
  | "token-used"
  | "csr-invalid"
  | "csr-signature-invalid"
  | "csr-key-unsupported"
  | "csr-agent-mismatch"
  | "ca-unavailable";

export class Refused extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
