// From the operator's options to a program and what belongs to it. Both entrances (index.ts and commands.ts) come through
// here, so that they can only ever mean the same lab.

import type { Registry } from "../protocol/registry.ts";
import { ConfigError } from "./config.ts";
import { deploymentFor } from "./deployment.ts";
import type { Plan } from "./plan/types.ts";
import type { Deployment } from "./platforms/platform.ts";
import { type LabProgram, labProgram } from "./program.ts";
import { OURS } from "./render/index.ts";
import type { Part } from "./split.ts";
import { type Topology, topologyOf } from "./topology.ts";

export const DEFAULT_PORT = 8080;
export const DEFAULT_LISTEN = "127.0.0.1";

export interface StackOptions {
  stack: string;
  checkout: string;
  stateDir: string;
  provinceFile: string;
  /** The stack stands already: without province.lock it could be renumbered, so nothing is planned. */
  provisioned: boolean;
  /** Only looked at: nothing is written beside the province. */
  preview?: boolean;
  /** Nor into the vault: what comes of it is never brought anywhere. */
  look?: boolean;
  /** How many agencies; the province's own lab subset when undefined. */
  agencies?: number | undefined;
  /** The machine's port for the browser, and the address that it listens on. */
  port?: number | undefined;
  listen?: string | undefined;
  /** Only this data centre's part, beside stacks of the others (split.ts). */
  dataCentre?: string | undefined;
  stacks?: Record<string, string> | undefined;
  beforeAgents?: LabProgram["beforeAgents"];
}

export interface StackProgram {
  run: () => Promise<Record<string, unknown>>;
  deployment: Deployment;
  plan: Plan;
  registry: Registry;
  url: string;
  /** The root certificate as agents get it (PEM). */
  root: string | undefined;
}

/** Reads the province and gives its program. Throws what reading, planning and rendering throw, with line and remedy. */
export async function stackProgram(options: StackOptions): Promise<StackProgram> {
  const { stack, checkout, stateDir, provinceFile, provisioned, preview = false, look = false, agencies } = options;
  const port = options.port ?? DEFAULT_PORT;
  const listen = options.listen ?? DEFAULT_LISTEN;
  const url = screenUrl(listen, port);
  const { deployment, registry, plan } = await deploymentFor({
    provinceFile,
    provisioned,
    preview,
    look,
    stateDir,
    subset: agencies === undefined ? {} : { agencies },
    screenPort: port,
    screenListen: listen,
    screenUrl: url,
  });
  for (const host of deployment.hosts) if (host.forward) host.forward = { ...host.forward, listen };
  const topology = topologyOf(registry, deployment);
  const root = rootOf(deployment);
  const run = labProgram({
    deployment,
    topology,
    lab: { stack, stateDir, checkout },
    part: partOf(options, registry, topology),
    root,
    beforeAgents: options.beforeAgents,
  });
  return { run, deployment, plan, registry, url, root };
}

/** Throws `config-name-invalid` for a data centre that the province does not have. */
function partOf({ dataCentre, stacks }: StackOptions, registry: Registry, topology: Topology): Part | undefined {
  if (dataCentre === undefined) return undefined;
  const centres = registry.agencies.filter((a) => a.level === "datacentre").map((a) => a.id);
  for (const name of [dataCentre, ...Object.keys(stacks ?? {})])
    if (!centres.includes(name))
      throw new ConfigError("config-name-invalid", "dataCentre", `"${name}"`, `there are: ${centres.join(", ")}`);
  return { name: dataCentre, topology, stacks: stacks ?? {} };
}

/** The root certificate as agents get it. */
function rootOf(deployment: Deployment): string | undefined {
  const file = deployment.hosts.flatMap((h) => h.files).find((f) => f.path === OURS.roots);
  return file && "text" in file.content ? file.content.text : undefined;
}

/** What the operator types into a browser: a wildcard address is this machine. */
function screenUrl(listen: string, port: number): string {
  const host = listen === "0.0.0.0" || listen === "::" ? "localhost" : listen.includes(":") ? `[${listen}]` : listen;
  return `http://${host}:${port}`;
}
