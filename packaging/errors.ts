// What making a package can fail of, by name; the command line has texts and remedies in both languages.

export type PackagingCode =
  | "package-folder-exists" // nothing is written over
  | "package-incomplete" // a file of the package is missing
  | "package-unsigned" // nobody has signed it yet
  | "package-signature-wrong" // signed by another key, or changed since
  | "release-key-unusable" // no Ed25519 key, or the passphrase does not open it
  | "share-impossible" // not from 0 to 100
  | "bundle-failed"; // the compiler's or tar's own words

export class PackagingError extends Error {
  override readonly name = "PackagingError";
  readonly code: PackagingCode;
  readonly where: string;

  constructor(code: PackagingCode, where: string, detail = "", cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.where = where;
  }
}
