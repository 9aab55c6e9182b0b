// A province of as many agencies as a bench asks for: the sample with more communes at its end, each with a number of its own, so
// that every address follows the documented scheme (infra/plan/allocate.ts).
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";

const SAMPLE = path.resolve(import.meta.dirname, "../../province.yaml");
/** As the sample does it: two thirds have two hubs. */
const UPLINKS = [["hub1", "hub2"], ["hub3", "hub4"], ["hub2", "hub3"], ["hub4", "hub1"], ["hub1"], ["hub3"]];

interface Agency {
  number: number;
}

/** Writes the province to `file`; gives how many agencies it has. */
export function provinceOf(count: number, file: string): number {
  const document = parseDocument(readFileSync(SAMPLE, "utf8"));
  const { agencies } = document.toJS() as { agencies: Agency[] };
  const last = Math.max(...agencies.map((a) => a.number));
  for (let i = 1; agencies.length + i <= count; i++) {
    const id = `xa-so-${last + i}`;
    const name = { vi: `Xã số ${last + i}`, en: `Commune ${last + i}` };
    document.addIn(
      ["agencies"],
      document.createNode({ id, number: last + i, level: "commune", name, uplinks: UPLINKS[i % UPLINKS.length] }),
    );
  }
  writeFileSync(file, document.toString());
  return Math.max(count, agencies.length);
}
