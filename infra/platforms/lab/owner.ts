// Whose lab stands on this machine: a mark in the lab's run folder says which checkout's state it belongs to, and to which of its PKIs.
// Without it the remains of a killed run, or of a checkout that is gone, would pass for our own: agents would keep certificates of
// another root, and signers keys that no parent knows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./errors.ts";
import { type Lab, ownerFile, prefixOf, stackDir } from "./names.ts";
import { namespaceInode, namespaces, processesByNamespace } from "./netns.ts";

interface Owner {
  stateDir: string;
  /** The province's root certificate, as agents get it (PEM). */
  root: string;
}

/**
 * What `up` finds under this stack's name: nothing, or `ours`, or `remains` that answer to nobody and may be swept.
 * `known`: the engine's state of this checkout knows the stack. Throws `lab-of-another`.
 */
export function standing(lab: Lab, root: string, known: boolean): "nothing" | "ours" | "remains" {
  const names = namespaces(prefixOf(lab.stack));
  if (names.length === 0 && !existsSync(stackDir(lab.stack))) return "nothing";
  const owner = readOwner(lab);
  // A lab of before there were marks.
  if (!owner && known) return "ours";
  if (owner?.stateDir === lab.stateDir) return owner.root === root ? "ours" : "remains";
  const elsewhere = owner?.stateDir ?? "a checkout that left no mark";
  const isKept = owner === undefined || existsSync(join(owner.stateDir, "vault"));
  if (isKept && anyRuns(names))
    throw new LabError(
      "lab-of-another",
      lab.stack,
      `a lab of that name runs here and belongs to ${elsewhere}`,
      "take it down first (vonggac lab down, with the same --stack), or give this one another name with --stack",
    );
  return "remains";
}

/** Marks the lab as this checkout's. */
export function own(lab: Lab, root: string): void {
  mkdirSync(stackDir(lab.stack), { recursive: true });
  writeFileSync(ownerFile(lab.stack), JSON.stringify({ stateDir: lab.stateDir, root } satisfies Owner));
}

function anyRuns(names: readonly string[]): boolean {
  const running = processesByNamespace();
  return names.some((name) => {
    const inode = namespaceInode(name);
    return inode !== undefined && running.has(inode);
  });
}

function readOwner(lab: Lab): Owner | undefined {
  try {
    const { stateDir, root } = JSON.parse(readFileSync(ownerFile(lab.stack), "utf8"));
    return typeof stateDir === "string" && typeof root === "string" ? { stateDir, root } : undefined;
  } catch {
    return undefined;
  }
}
