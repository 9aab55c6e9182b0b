// From the operator's options to a program and what belongs to it. Both entrances (index.ts and commands.ts) come through
// here, so that they can only ever mean the same lab.

import type { Registry } from "../protocol/registry.ts";
import { deploymentFor } from "./deployment.ts";
import type { Deployment } from "./platforms/platform.ts";
import type { PlaceOf } from "./program.ts";
import { labProgram } from "./program.ts";

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
  /** How many agencies; the province's own lab subset when undefined. */
  agencies?: number | undefined;
  /** The machine's port for the browser, and the address that it listens on. */
  port?: number | undefined;
  listen?: string | undefined;
}

export interface StackProgram {
  run: () => Promise<Record<string, unknown>>;
  deployment: Deployment;
  registry: Registry;
  url: string;
}

/** Reads the province and gives its program. Throws what reading, planning and rendering throw, with line and remedy. */
export async function stackProgram(options: StackOptions): Promise<StackProgram> {
  const { stack, checkout, stateDir, provinceFile, provisioned, preview = false, agencies } = options;
  const port = options.port ?? DEFAULT_PORT;
  const listen = options.listen ?? DEFAULT_LISTEN;
  const url = screenUrl(listen, port);
  const { deployment, registry } = await deploymentFor({
    provinceFile,
    provisioned,
    preview,
    stateDir,
    subset: agencies === undefined ? {} : { agencies },
    screenPort: port,
    screenListen: listen,
    screenUrl: url,
  });
  for (const host of deployment.hosts) if (host.forward) host.forward = { ...host.forward, listen };
  return { run: labProgram(deployment, placesOf(registry), { stack, stateDir, checkout }), deployment, registry, url };
}

/** What the operator types into a browser: a wildcard address is this machine. */
function screenUrl(listen: string, port: number): string {
  const host = listen === "0.0.0.0" || listen === "::" ? "localhost" : listen.includes(":") ? `[${listen}]` : listen;
  return `http://${host}:${port}`;
}

/** Groups hosts by the registry's own words. */
function placesOf(registry: Registry): PlaceOf {
  const levels = new Map(registry.agencies.map((a) => [a.id, a.level]));
  const hosts = new Map(registry.assets.flatMap((a) => (a.kind === "host" ? [[a.id, a] as const] : [])));
  return (host) => {
    const asset = hosts.get(host);
    if (!asset || asset.role === "upstream" || asset.role === "internet") return { kind: "wan", name: "wan" };
    return { kind: levels.get(asset.agency) === "datacentre" ? "data-centre" : "agency-site", name: asset.agency };
  };
}
