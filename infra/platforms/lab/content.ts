// Texts by their hash in the state folder, and secrets by their name in the vault: what a resource's inputs point at.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./errors.ts";
import { type FileSource, sha256 } from "./model.ts";
import type { Lab } from "./names.ts";

const folder = (stateDir: string) => join(stateDir, "content");

/** Puts texts where the provider finds them. What is there already is left alone: a name is its content. */
export function keepTexts(stateDir: string, texts: Iterable<string>): void {
  mkdirSync(folder(stateDir), { recursive: true, mode: 0o700 });
  const present = new Set(readdirSync(folder(stateDir)));
  for (const text of texts) {
    const name = sha256(text);
    if (present.has(name)) continue;
    const temporary = join(folder(stateDir), `.${name}.${process.pid}`);
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, join(folder(stateDir), name));
    present.add(name);
  }
}

/** Removes every text that `keep` does not name. Only after an `up` that ended well: until then an older one may be asked for. */
export function dropOtherTexts(stateDir: string, texts: Iterable<string>): void {
  const keep = new Set([...texts].map((t) => sha256(t)));
  for (const name of readdirSync(folder(stateDir))) if (!keep.has(name)) rmSync(join(folder(stateDir), name));
}

/** The bytes behind a hash. Throws `content-missing`. */
export function textOf(lab: Lab, hash: string): string {
  try {
    return readFileSync(join(folder(lab.stateDir), hash), "utf8");
  } catch (error) {
    throw new LabError("content-missing", hash, "no such text in the state folder", "run the lab's up again", error);
  }
}

/** The text behind a hash, or undefined when it is not kept any more. */
export function keptText(stateDir: string, hash: string): string | undefined {
  const file = join(folder(stateDir), hash);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The bytes of a file's source, read at this moment. Throws `content-missing` or `secret-missing`. */
export function bytesOf(lab: Lab, source: FileSource): Buffer {
  if ("sha256" in source) return Buffer.from(textOf(lab, source.sha256));
  try {
    return readFileSync(join(lab.stateDir, "vault", source.secret));
  } catch (error) {
    throw new LabError(
      "secret-missing",
      source.secret,
      "not in the vault",
      "run the lab's up again, which makes it",
      error,
    );
  }
}
