// Sign-ins that are under way: what is held between a right password and a session. In memory, few, short; a ticket is random,
// known to one browser, and good for its next step only.
import { randomBytes } from "node:crypto";
import { hashOf } from "./codes.ts";

export type Stage =
  | { at: "set-password" }
  /** A new second factor: `secret` once it was shown. */
  | { at: "enrol"; secret?: Uint8Array; challenge?: string }
  /** `challenge`: what a passkey was asked to sign. */
  | { at: "second-factor"; challenge?: string };

export interface Ticket {
  /** The account's name. */
  account: string;
  stage: Stage;
  expiresAt: number;
}

const LIVES_MS = 10 * 60_000;
const MOST = 1_000;

export function ticketBook(monotonic: () => number) {
  const book = new Map<string, Ticket>();
  const keyOf = (secret: string) => Buffer.from(hashOf(secret)).toString("hex");
  return {
    /** A new ticket; gives what the browser keeps. */
    open(account: string, stage: Stage): string {
      const secret = randomBytes(24).toString("base64url");
      book.set(keyOf(secret), { account, stage, expiresAt: monotonic() + LIVES_MS });
      if (book.size > MOST) book.delete(book.keys().next().value!);
      return secret;
    },
    /** The ticket, if it stands at this stage. The caller may change its stage. */
    at<A extends Stage["at"]>(secret: string, at: A): (Ticket & { stage: Extract<Stage, { at: A }> }) | undefined {
      const ticket = book.get(keyOf(secret));
      if (!ticket || ticket.expiresAt <= monotonic() || ticket.stage.at !== at) return undefined;
      return ticket as Ticket & { stage: Extract<Stage, { at: A }> };
    },
    close(secret: string): void {
      book.delete(keyOf(secret));
    },
  };
}
