// A province with fewer agencies, for the lab. Pure.
import type { Intent } from "../province/schema.ts";

/** The first `count` agencies: those that the file names for the lab first, then the others in order; without a count, those named. */
export function subsetOf(p: Intent, count?: number): Intent {
  const named = new Set(p.lab.agencies);
  const byId = new Map(p.agencies.map((a) => [a.id, a]));
  const order = [...[...named].map((id) => byId.get(id)!), ...p.agencies.filter((a) => !named.has(a.id))];
  return { ...p, agencies: order.slice(0, count ?? named.size) };
}
