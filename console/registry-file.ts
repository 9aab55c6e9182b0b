// registry.json: read, and looked at for what its schema cannot say.
import { type Registry, RegistrySchema } from "../protocol/index.ts";
import { jsonFileReader } from "./json-file.ts";
import { Problem } from "./problem.ts";

export type RegistryCode = "registry-dangling";
const REMEDY = "Provision again: the file is written by it. The registry from before stays in force.";
const read: (path: string) => Registry = jsonFileReader(RegistrySchema, "the registry", REMEDY);

/** Reads the registry. Throws Problem<JsonFileCode | RegistryCode>. */
export function readRegistry(path: string): Registry {
  const registry = read(path);
  const agencies = new Set(registry.agencies.map((a) => a.id));
  const agents = new Set(registry.agents.map((a) => a.id));
  const assets = new Set(registry.assets.map((a) => a.id));
  const need = (known: Set<string>, id: string, what: string) => {
    if (!known.has(id))
      throw new Problem<RegistryCode>("registry-dangling", path, `${what} names ${id}, which is not there`, REMEDY);
  };
  for (const a of registry.agents) need(agencies, a.agency, `agent ${a.id}`);
  for (const t of registry.targets) {
    need(agents, t.agent, `target ${t.id}`);
    need(agencies, t.agency, `target ${t.id}`);
    need(assets, t.asset, `target ${t.id}`);
  }
  return registry;
}
