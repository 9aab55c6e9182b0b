// A province of as many agencies as a bench asks for: the sample with more communes at its end. Their numbers, and with them every
// address, are given by the lock as they are to any agency (infra/plan/allocate.ts).
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";

const SAMPLE = path.resolve(import.meta.dirname, "../../province.yaml");
/** As the sample does it: two thirds have two hubs. */
const UPLINKS = [["hub1", "hub2"], ["hub3", "hub4"], ["hub2", "hub3"], ["hub4", "hub1"], ["hub1"], ["hub3"]];

/** Writes the province to `file`; gives how many agencies it has. */
export function provinceOf(count: number, file: string): number {
  const document = parseDocument(readFileSync(SAMPLE, "utf8"));
  const { agencies } = document.toJS() as { agencies: unknown[] };
  for (let i = 1; agencies.length + i <= count; i++) {
    const name = { vi: `Xã số ${i}`, en: `Commune ${i}` };
    const uplinks = UPLINKS[i % UPLINKS.length];
    document.addIn(["agencies"], document.createNode({ id: `xa-so-${i}`, level: "commune", name, uplinks }));
  }
  writeFileSync(file, document.toString());
  return Math.max(count, agencies.length);
}
