// One step of the engine's preview, with what the resource was told before and what it will be told. Pure.
import { type Difference, differences } from "../platforms/lab/diff.ts";
import type { HostInputs, LinkInputs, ServicesInputs } from "../platforms/lab/model.ts";

/** What the engine does with one resource; `same` steps are kept too, since the others are understood by them. */
export interface EngineStep {
  /** As the engine says it: same, create, update, replace, delete, refresh … */
  op: string;
  /** `vonggac:lab:Host` */
  type: string;
  name: string;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

export type Step = {
  op: "same" | "create" | "update" | "replace" | "delete";
  /** 1, 2, 3 … of those that do something; 0 for `same`. Sentences cite it. */
  number: number;
  name: string;
  differences: Difference[];
} & (
  | { kind: "Host"; before?: HostInputs; after?: HostInputs }
  | { kind: "Link"; before?: LinkInputs; after?: LinkInputs }
  | { kind: "Services"; before?: ServicesInputs; after?: ServicesInputs }
  /** Components, the provider, the stack: nothing on any machine. */
  | { kind: "Group" }
);

const KINDS = new Set(["Host", "Link", "Services"]);
const ORDER = ["same", "create", "update", "replace", "delete"] as const;

/** The engine tells a replacement in three steps; read and refresh are looks. */
const opOf = (op: string): Step["op"] | undefined => {
  if (op === "create-replacement" || op === "delete-replaced" || op === "replace") return "replace";
  return ORDER.find((known) => known === op);
};

/** The steps that count, one a resource, numbered in the engine's order. */
export function readSteps(raw: readonly EngineStep[]): Step[] {
  const byName = new Map<string, Step>();
  let number = 0;
  for (const { op: said, type, name, before, after } of raw) {
    const op = opOf(said);
    if (op === undefined) continue;
    const last = type.split(":").at(-1)!;
    const kind = type.startsWith("vonggac:lab:") && KINDS.has(last) ? (last as "Host") : "Group";
    const key = `${type}::${name}`;
    const known = byName.get(key);
    if (known && known.op !== "same") continue;
    const changes = kind === "Group" || !before || !after ? [] : differences(kind, before, after);
    number += op === "same" ? 0 : 1;
    byName.delete(key); // Set again below, at its place in the engine's order.
    byName.set(key, {
      kind,
      op,
      number: op === "same" ? 0 : number,
      name,
      differences: changes,
      ...(before && { before: before as unknown as HostInputs }),
      ...(after && { after: after as unknown as HostInputs }),
    } as Step);
  }
  return [...byName.values()];
}
