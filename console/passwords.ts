// Passwords, hashed by Argon2id (RFC 9106) on threads of the pool. Few at a time: each takes its memory, and a flood of sign-ins
// must not take the machine's. Who finds no place is told to come later.
import { hash, verify } from "@node-rs/argon2";

/** OWASP's recommendation with memory to spare: about 50 ms on a server's core. `algorithm` 2 is Argon2id. */
const COST = { algorithm: 2, memoryCost: 65_536, timeCost: 3, parallelism: 1 } as const;
const AT_ONCE = 2;
const MOST_WAITING = 32;

export interface Passwords {
  /** Undefined: too many wait. */
  hash(password: string): Promise<string | undefined>;
  /** Takes as long for an account without a password as for a wrong one. Undefined: too many wait. */
  check(kept: string | undefined, password: string): Promise<boolean | undefined>;
}

/** `cost` is lowered by tests only. */
export function passwords(cost: { memoryCost: number; timeCost: number } = COST): Passwords {
  const options = { ...COST, ...cost };
  const waiting: (() => void)[] = [];
  let running = 0;
  let nobody: Promise<string> | undefined;

  async function placed<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (running >= AT_ONCE && waiting.length >= MOST_WAITING) return undefined;
    if (running < AT_ONCE) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes to the next, or is free.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }
  return {
    hash: (password) => placed(() => hash(password.normalize("NFKC"), options)),
    check: (kept, password) =>
      placed(async () => {
        nobody ??= hash("nobody has this password", options);
        const right = await verify(kept ?? (await nobody), password.normalize("NFKC"));
        return kept !== undefined && right;
      }),
  };
}
