// Whether a release may take the place of the one that runs: signed by the key that was pinned at installation, newer, for this sort of
// machine. Asked by the agent before it fetches anything, and again by the updater, which believes nobody. Reads nothing.
import { createPublicKey, verify } from "node:crypto";
import { parseRelease, type Release } from "../../protocol/release.ts";
import { AgentError } from "../errors.ts";

export interface SignedRelease {
  text: string;
  /** Ed25519 over the text's bytes. */
  signature: Buffer;
}

export interface Here {
  /** PEM of the pinned key. */
  key: string;
  /** Of what runs. */
  serial: number;
  arch: string;
}

/** The release. @throws AgentError release-not-signed, release-invalid, release-other-machine, release-older */
export function acceptable({ text, signature }: SignedRelease, here: Here): Release {
  // The signature first: what nobody vouches for is not even read.
  if (!verify(null, Buffer.from(text), createPublicKey(here.key), signature))
    throw new AgentError("release-not-signed", `${text.length} characters`);
  const release = parseRelease(text);
  if (!release) throw new AgentError("release-invalid", text.slice(0, 80));
  if (release.arch !== here.arch)
    throw new AgentError("release-other-machine", `for ${release.arch}, this is ${here.arch}`);
  if (release.serial <= here.serial)
    throw new AgentError("release-older", `${release.version} (${release.serial}), installed is ${here.serial}`);
  return release;
}
