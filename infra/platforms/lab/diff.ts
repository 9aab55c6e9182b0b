// Compares two inputs of a resource and names each difference by its path, as a preview shows it. Pure.

export type Change = "add" | "delete" | "update";
export interface Difference {
  /** As the engine writes paths: files["/etc/bird/bird.conf"], daemons.bird.argv[1]. */
  path: string;
  change: Change;
  /** The resource must be made anew. */
  replace: boolean;
}

/** What names a resource: a change of these makes it another one. */
const IDENTITY: Record<string, readonly string[]> = {
  Provider: ["stack"],
  Host: ["host"],
  Link: ["link", "a.host", "a.device", "b.host", "b.device"],
  Services: ["phase"],
};

/** All differences between the inputs in the state and those of the program, in the order of their paths. */
export function differences(kind: string, before: unknown, after: unknown): Difference[] {
  const identity = IDENTITY[kind] ?? [];
  return walk("", before, after)
    .map((d) => ({ ...d, replace: identity.some((path) => d.path === path) }))
    .sort((a, b) => a.path.localeCompare(b.path));
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

function walk(path: string, before: unknown, after: unknown): Omit<Difference, "replace">[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path, change: "add" }];
  if (after === undefined) return [{ path, change: "delete" }];
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after))
    return Object.is(before, after) ? [] : [{ path, change: "update" }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => walk(step(path, key, Array.isArray(after)), before[key], after[key]));
}

function step(path: string, key: string, index: boolean): string {
  if (index) return `${path}[${key}]`;
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
