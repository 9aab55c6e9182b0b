// Secrets of channels, by name: a file of the folder of secrets, or an environment variable. Read at each use, so that a new password
// counts at once, and never kept, logged or shown. A file that others may read is no secret, and is refused.
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, Problem } from "../problem.ts";

export type SecretCode = "secret-name-invalid" | "secret-missing" | "secret-exposed" | "secret-empty";
const MOST_BYTES = 4_096;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** `smtp-password` is the file of that name, or VONGGAC_SECRET_SMTP_PASSWORD. */
export const variableOf = (name: string): string => `VONGGAC_SECRET_${name.toUpperCase().replaceAll("-", "_")}`;

/** Reads one secret, without what whitespace stands around it. Throws Problem<SecretCode>; no message holds any of it. */
export function readSecret(folder: string, name: string, env: NodeJS.ProcessEnv = process.env): string {
  const where = join(folder, NAME.test(name) ? name : "?");
  // A name comes from a document that people edit: it must not be a way to other files.
  if (!NAME.test(name))
    throw problem("secret-name-invalid", where, "a name of a secret is lower case, digits and hyphens");
  const said = env[variableOf(name)];
  const text = (said ?? readGuarded(where, name)).trim();
  if (text === "") throw problem("secret-empty", where, "there is nothing in it", "Write the secret into it.");
  return text;
}

function readGuarded(path: string, name: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const remedy = `Write it there, mode 0400, owned by the console's account; or set ${variableOf(name)}.`;
    throw problem("secret-missing", path, messageOf(error), remedy, error);
  }
  try {
    const { mode, uid, size } = fstatSync(file);
    const ours = uid === process.getuid?.() || uid === 0;
    // systemd's credentials are root's with read access by group mask; nobody else's files are.
    const open = mode & (uid === 0 ? 0o037 : 0o077);
    if (!ours || open !== 0)
      throw problem("secret-exposed", path, `others may read or change it (mode ${(mode & 0o777).toString(8)})`);
    if (size > MOST_BYTES) throw problem("secret-exposed", path, `${size} bytes are no secret`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

const problem = (code: SecretCode, where: string, detail: string, remedy?: string, cause?: unknown) =>
  new Problem<SecretCode>(code, where, detail, remedy ?? "chmod 0400, chown to the console's account.", cause);
