// One-time tokens. Rules: a token works for the agent that it was made for, until it expires, once. What was used is on
// the disk before the certificate leaves. For a few minutes the same public key may ask again: the answer may be lost.
import { createHash, timingSafeEqual } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { Token } from "./config.ts";
import { Refused } from "./refusal.ts";

const usedShape = Compile(
  Type.Object({ sha256: Type.String(), agent: Type.String(), key: Type.String(), at: Type.Integer() }),
);
interface Used {
  sha256: string;
  agent: string;
  /** SHA-256 of the public key (SPKI) that it was used with. */
  key: string;
  at: number;
}

export const AGAIN_MS = 5 * 60_000;

export interface TokenBook {
  /** The token's entry, or throws Refused. It is not used up by this. */
  check(token: string, now: number): Token;
  /** Uses the token up for that public key, durably, or throws Refused. */
  use(token: Token, publicKeySha256: string, now: number): void;
}

/** `read` gives the tokens of the moment: the list changes while we run. */
export function tokenBook(stateDir: string, read: () => Token[]): TokenBook {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "used-tokens.jsonl");
  const used = new Map(readUsed(path).map((u) => [u.sha256, u]));
  return {
    check(presented, now) {
      const hash = createHash("sha256").update(presented).digest();
      let found: Token | undefined;
      // All are compared, each in constant time.
      for (const token of read()) if (timingSafeEqual(Buffer.from(token.sha256, "hex"), hash)) found = token;
      if (!found) throw new Refused("token-unknown", "no such token");
      if (now >= found.expiresAt)
        throw new Refused("token-expired", `it expired ${new Date(found.expiresAt).toISOString()}`);
      return found;
    },
    use(token, key, now) {
      const before = used.get(token.sha256);
      if (before) {
        if (before.key === key && now - before.at < AGAIN_MS) return;
        throw new Refused("token-used", `it was used ${new Date(before.at).toISOString()}`);
      }
      const entry: Used = { sha256: token.sha256, agent: token.agent, key, at: now };
      appendDurably(path, `${JSON.stringify(entry)}\n`);
      used.set(token.sha256, entry);
    },
  };
}

/** A torn last line was never answered, so it does not count. */
function readUsed(path: string): Used[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return usedShape.Check(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function appendDurably(path: string, line: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    // A line of its own even after a torn one.
    writeSync(file, `\n${line}`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
