/**
 * A case kept as a file: one question, the messages that came, the time and the anchor, and what must be said of it. Played
 * through the engine without any server. Pure.
 */
import { readMessage } from "../../../agent/wire/dns/index.ts";
import { type Resolution, resolve, startRun } from "../../../agent/wire/dns/resolve.ts";
import type { InReply, OutQuery, ReplyFailure } from "../../../agent/wire/dns/resolver/machine.ts";
import { configFor } from "./ours.ts";

export interface KeptCase {
  /** What is the matter, and where it was seen. */
  readonly about: string;
  /** RFC and section that settle it. */
  readonly clause: string;
  /** Unix seconds. */
  readonly at: number;
  /** DS of the root, zone-file text. */
  readonly anchor: string;
  readonly name: string;
  readonly type: number;
  /** Any of these verdicts is right. */
  readonly security: readonly string[];
  /** The response code that a secure verdict must come with. */
  readonly rcode?: number;
  readonly messages: readonly KeptMessage[];
}

export interface KeptMessage {
  readonly name: string;
  readonly type: number;
  readonly transport: "udp" | "tcp";
  /** Base 64. */
  readonly octets?: string;
  readonly failure?: string;
}

/** Messages answer by question and transport, in the order in which they came; the last of them again and again. */
export function replay(kept: KeptCase): Resolution {
  const queues = new Map<string, KeptMessage[]>();
  const keyOf = ({ name, type, transport }: Pick<OutQuery, "name" | "type" | "transport">) =>
    `${transport} ${type} ${name}`;
  for (const message of kept.messages) queues.set(keyOf(message), [...(queues.get(keyOf(message)) ?? []), message]);
  const reply = (query: OutQuery): InReply => {
    const queue = queues.get(keyOf(query)) ?? [];
    const message = queue.length > 1 ? queue.shift() : queue[0];
    if (!message?.octets) return { nowSeconds: kept.at, failure: (message?.failure ?? "timeout") as ReplyFailure };
    try {
      return { nowSeconds: kept.at, message: readMessage(Buffer.from(message.octets, "base64")) };
    } catch {
      return { nowSeconds: kept.at, failure: "malformed" };
    }
  };
  const step = resolve(startRun(configFor(kept.anchor), kept.at), kept.name, kept.type);
  let result = step.next();
  while (!result.done) result = step.next(reply(result.value));
  return result.value;
}
