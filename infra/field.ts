// What agents of a deployment are told of their province, read from what is rendered for one of them. Pure.
import type { HostSpec } from "./platforms/platform.ts";
import { OURS } from "./render/index.ts";

/** All of it public, and the same for every agent. */
export interface FieldTrust {
  /** PEM of the roots that vouch for the console. */
  roots: string;
  /** PEM of the key that signs assignments. */
  configKey: string;
  console: { url: string; enrol: string; serverName: string };
  metrics: { host: string; port: number };
}

/** Throws where no host has an agent. */
export function fieldTrustOf(hosts: readonly Pick<HostSpec, "files">[]): FieldTrust {
  const files = hosts.find((h) => h.files.some((f) => f.path === OURS.agent.config))?.files ?? [];
  const textOf = (path: string): string => {
    const content = files.find((f) => f.path === path)?.content;
    if (!content || !("text" in content)) throw new Error(`no agent of this plan has ${path}`);
    return content.text;
  };
  const { console, metrics } = JSON.parse(textOf(OURS.agent.config)) as Pick<FieldTrust, "console" | "metrics">;
  return { roots: textOf(OURS.roots), configKey: textOf(OURS.configKey), console, metrics };
}
