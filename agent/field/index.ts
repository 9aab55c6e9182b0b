// Upgrades of an installed agent, joined: the mark that acks leave, and the look for a newer release. An agent that was not installed from
// a package has none of it.
import { readFileSync } from "node:fs";
import { parseRelease } from "../../protocol/release.ts";
import type { Config } from "../config.ts";
import { AgentError } from "../errors.ts";
import { ackMarker } from "./acked.ts";
import { type FetchParts, keepUpgraded } from "./fetch.ts";

/** A console that offers a release to many is asked by each at another moment. */
const EVERY_SECONDS = 900;

export interface Upgrading {
  /** At each ack. */
  acked(): void;
  /** Begins to look. Returns what ends it. */
  start(): () => void;
}

/** Undefined where agent.json has no `upgrade`. @throws AgentError config-unreadable, config-invalid */
export function upgrading(
  config: Config,
  rest: Pick<FetchParts, "log" | "onTrouble"> & { identity(): ReturnType<FetchParts["identity"]> | undefined },
): Upgrading | undefined {
  if (!config.upgrade) return undefined;
  const { releaseFile, keyFile, outcomeFile, everySeconds = EVERY_SECONDS } = config.upgrade;
  const release = parseRelease(read(releaseFile));
  if (!release) throw new AgentError("config-invalid", `/upgrade/releaseFile: ${releaseFile} is no release`);
  const here = { key: read(keyFile), serial: release.serial, arch: process.arch };
  const parts = { ...config, ...rest, outcomeFile, here, identity: () => rest.identity()! };
  return {
    acked: ackMarker(config.stateDir, release.serial, () => performance.now()),
    start: () => keepUpgraded(parts, everySeconds * 1_000, Math.random),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new AgentError("config-unreadable", `${path} (${(error as NodeJS.ErrnoException).code})`, error);
  }
}
