// What Node makes of our TypeScript (types taken out, bytecode) is kept between starts: half of a start's work and a quarter of
// its memory. Loaded before a program (`node --import`, or by cli/vonggac.ts first of all); it does nothing else.
// Rules: the folder stands beside the code, belongs to the code's own owner and nobody else may write there, since what is read
// from it is run; where that is not so, or the folder cannot be made, programs start without it. Other accounts (the agents)
// read it only. Entries know their source by its content: a changed file is compiled anew. Portable: the same folder serves
// the checkout under every path that it is mounted at.
import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { CODE, isTrusted } from "./code-folder.mjs";

try {
  mkdirSync(CODE, { recursive: true, mode: 0o755 });
} catch {
  // a read-only checkout, or another's: what is there is used, if anything is
}
if (isTrusted(CODE)) enableCompileCache({ directory: CODE, portable: true });
