// The named errors of the tree of files.

export type FilesErrorCode = "out-not-ours" | "secret-missing";

export class FilesError extends Error {
  override readonly name = "FilesError";
  readonly code: FilesErrorCode;
  readonly where: string;
  readonly remedy: string;

  constructor(code: FilesErrorCode, where: string, detail: string, remedy: string) {
    super(`${code}: ${where}: ${detail} (${remedy})`);
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}
