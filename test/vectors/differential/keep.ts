/**
 * Keeps a disagreement as a case that can be replayed without servers (replay.ts). Writes files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Asking } from "./batch.ts";
import type { KeptCase, KeptMessage } from "./replay.ts";

/** The exchange of ours, with the label as what must be said. */
export function keptCase(
  { ours, question, expected, case: one }: Asking,
  anchor: string,
  about: string,
  clause: string,
): KeptCase {
  const messages = ours.exchanged.map(({ query, octets, failure }): KeptMessage => {
    const { name, type, transport } = query;
    const came = octets ? { octets: Buffer.from(octets, "hex").toString("base64") } : { failure: failure ?? "timeout" };
    return { name, type, transport, ...came };
  });
  const { name, type } = question;
  return { about, clause, at: one.site.now + 1, anchor, name, type, security: [expected.security], messages };
}

/** Writes it under a name made of tool and label; a case that is there already stays. */
export function writeCase(folder: string, slug: string, kept: KeptCase): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${slug.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}.json`);
  try {
    writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
