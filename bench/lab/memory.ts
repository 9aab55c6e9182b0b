// Memory of the processes of namespaces, as the kernel shares it out (PSS): a page that ten daemons share counts a tenth in each.
import { readFileSync } from "node:fs";
import { namespaceInode, processesByNamespace } from "../../infra/platforms/lab/netns.ts";

/** MiB by program name (`bird`, `node`), over all processes of these namespaces. */
export function memoryOf(names: readonly string[]): Record<string, number> {
  const all = processesByNamespace();
  const totals: Record<string, number> = {};
  for (const pid of names.flatMap((name) => all.get(namespaceInode(name) ?? -1) ?? []))
    try {
      const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      const kib = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
      totals[name] = (totals[name] ?? 0) + kib / 1_024;
    } catch {} // ended while we looked
  return totals;
}
