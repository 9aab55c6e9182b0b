// What agents are given: a one-time token each to enrol with, and signed assignments.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import type { Assignment, SignedAssignment } from "../../protocol/assignment.ts";
import type { Target } from "../../protocol/target.ts";
import type { Vault } from "./vault.ts";

const DAY_MS = 86_400_000;
const TOKEN_DAYS = 30;
const RENEW_BELOW_DAYS = 10;

/** One entry of `tokens.json` beside the enrolment CA: it can recognise a token but not make one. */
export interface TokenEntry {
  agent: string;
  /** Hex, of the token's text. */
  sha256: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export const tokenSecret = (agent: string): string => `tokens/${agent}`;

/**
 * A token for each agent; one that ends soon is made anew. Of an agent that is gone the token is forgotten: it was used, and whoever
 * comes back needs another. Not so while one only looks (`preview`): the agent still stands.
 */
export function agentTokens(vault: Vault, agents: readonly string[], preview = false): TokenEntry[] {
  const index = new Map(readIndex<TokenEntry>(vault, "tokens.json").map((e) => [e.agent, e]));
  const entries = agents.map((agent) => {
    const kept = index.get(agent);
    if (kept && kept.expiresAt - vault.now > RENEW_BELOW_DAYS * DAY_MS && whole(vault, kept)) return kept;
    const token = randomBytes(32).toString("base64url");
    vault.write(tokenSecret(agent), token, false);
    return { agent, sha256: sha256(token), expiresAt: vault.now + TOKEN_DAYS * DAY_MS };
  });
  const here = new Set(agents);
  const gone = preview ? [...index.values()].filter((e) => !here.has(e.agent)) : [];
  writeIndex(vault, "tokens.json", [...entries, ...gone]);
  return entries;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The token's file is there and holds what was promised. */
const whole = (vault: Vault, { agent, sha256: digest }: TokenEntry): boolean =>
  vault.has(tokenSecret(agent)) && sha256(vault.read(tokenSecret(agent))) === digest;

const SIGNING_KEY = "config/signing.key";

/** PEM of the public key by which agents know their assignments. */
export const configKey = (vault: Vault): string =>
  createPublicKey(signingKey(vault)).export({ type: "spki", format: "pem" }).toString();

const signingKey = (vault: Vault): KeyObject =>
  createPrivateKey(
    vault.ensure(SIGNING_KEY, () =>
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ),
  );

/** The last assignment that was signed for an agent. */
interface Issue {
  agent: string;
  serial: number;
  /** SHA-256 of its targets, hex. */
  hash: string;
}

/** Signed assignments of all agents. A serial rises when the agent's targets changed, and never falls. */
export function signedAssignments(
  vault: Vault,
  agents: readonly string[],
  targets: readonly Target[],
): SignedAssignment[] {
  const key = signingKey(vault);
  const byAgent = Map.groupBy(targets, (t) => t.agent);
  const index = new Map(readIndex<Issue>(vault, "assignments.json").map((e) => [e.agent, e]));
  const signed = agents.map((agent): SignedAssignment => {
    const own = byAgent.get(agent) ?? [];
    const hash = sha256(JSON.stringify(own));
    const last = index.get(agent);
    const serial = last === undefined ? 1 : last.hash === hash ? last.serial : last.serial + 1;
    index.set(agent, { agent, serial, hash });
    const assignment: Assignment = { agent, serial, targets: own };
    const payload = JSON.stringify(assignment);
    return { agent, payload, signature: sign(null, Buffer.from(payload), key).toString("base64") };
  });
  writeIndex(vault, "assignments.json", [...index.values()]);
  return signed;
}

const readIndex = <T>(vault: Vault, name: string): T[] =>
  vault.has(name) ? (JSON.parse(vault.read(name)) as T[]) : [];

function writeIndex<T extends { agent: string }>(vault: Vault, name: string, entries: T[]): void {
  const text = `[\n${entries.map((e) => JSON.stringify(e)).join(",\n")}\n]\n`;
  if (!vault.has(name) || vault.read(name) !== text) vault.write(name, text);
}
