// How the agent comes by its certificate and keeps it: a one-time token and a request for a key that never leaves, tried until
// the console is up; a new one after two thirds of the lifetime, by the certificate in use.
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { retryAfter, retryHopeless } from "./backoff.ts";
import type { Config } from "./config.ts";
import { askConsole, type Question, type Reply } from "./enrol-request.ts";
import { AgentError } from "./errors.ts";
import { fingerprintOf, type Identity, identityOf, keepIdentity, pendingKey, readIdentity } from "./identity.ts";

const RENEW_AFTER = 2 / 3;
const LOOK_EVERY_MS = 3_600_000;

type Needs = Pick<Config, "agent" | "console" | "roots" | "tokenFile" | "stateDir">;

export type Asker = (question: Question) => Promise<Reply>;

/** Which certificate is needed now, by the clock: none, one by token, or a renewal. */
export function needOf(identity: Identity | undefined, nowMs: number): "none" | "enrol" | "renew" {
  if (!identity || nowMs >= identity.until) return "enrol";
  return nowMs >= identity.from + (identity.until - identity.from) * RENEW_AFTER ? "renew" : "none";
}

/**
 * One try. The identity that comes back is on disk.
 * @throws AgentError enrol-unreachable, enrol-refused, enrol-failed, state-unwritable
 */
export async function obtain(needs: Needs, current: Identity | undefined, ask: Asker = askConsole): Promise<Identity> {
  const { agent, console: to, roots, stateDir } = needs;
  const common = { agent, serverName: to.serverName, roots, key: pendingKeyOf(stateDir) };
  const reply = await ask(
    current
      ? { ...common, url: `${to.enrol}/renew`, identity: { key: current.key, certificate: current.certificate } }
      : { ...common, url: to.enrol, token: readToken(needs.tokenFile) },
  );
  if (!reply.ok) {
    // Whoever is asked to let it in compares this with what the console shows.
    const own = reply.why === "refused" ? `; the key here is ${fingerprintOf(common.key)}` : "";
    throw new AgentError(`enrol-${reply.why}`, `${to.enrol}: ${reply.detail}${own}`);
  }
  const identity = identityOf(common.key, reply.certificate, "the certificate that came back");
  const names = new X509Certificate(reply.certificate).subjectAltName ?? "";
  if (!names.includes(`URI:urn:vonggac:agent:${agent}`))
    throw new AgentError("enrol-failed", `the certificate that came back is for ${names || "nobody"}`);
  keep(stateDir, identity);
  if (!current) forgetToken(needs.tokenFile);
  return identity;
}

/** Tries until there is an identity; waits longer each time. `onTrouble` hears of each failure. */
export async function obtainAtLast(
  needs: Needs,
  onTrouble: (trouble: AgentError) => void,
  signal: AbortSignal,
  ask: Asker = askConsole,
): Promise<Identity | undefined> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await obtain(needs, undefined, ask);
    } catch (error) {
      const trouble = error instanceof AgentError ? error : new AgentError("enrol-failed", String(error), error);
      onTrouble(trouble);
      const isRefused = trouble.code === "enrol-refused";
      await pause(isRefused ? retryHopeless(Math.random()) : retryAfter(failures, Math.random()), signal);
    }
  }
  return undefined;
}

/** Looks every hour whether it is time, and renews. Returns what stops it. */
export function keepRenewed(
  needs: Needs,
  now: () => number,
  onRenewed: (identity: Identity) => void,
  onTrouble: (trouble: AgentError) => void,
): () => void {
  const timer = setInterval(async () => {
    try {
      const current = readIdentity(needs.stateDir);
      if (current && needOf(current, now()) === "renew") onRenewed(await obtain(needs, current));
    } catch (error) {
      onTrouble(error instanceof AgentError ? error : new AgentError("enrol-failed", String(error), error));
    }
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function readToken(path: string): string {
  if (!existsSync(path)) throw new AgentError("enrol-refused", `no certificate, and no token at ${path}`);
  return readFileSync(path, "utf8").trim();
}

/** Used up. Where the file cannot be removed (it is the platform's), the console refuses its second use. */
function forgetToken(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

function pendingKeyOf(stateDir: string): string {
  try {
    return pendingKey(stateDir);
  } catch (error) {
    throw new AgentError("state-unwritable", stateDir, error);
  }
}

function keep(stateDir: string, identity: Identity): void {
  try {
    keepIdentity(stateDir, identity);
  } catch (error) {
    throw new AgentError("state-unwritable", stateDir, error);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
