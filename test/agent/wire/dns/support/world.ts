/**
 * A world of servers made by functions, for the state machine: drives a step, counts queries, keeps the time.
 */
import { type Message, type ResourceRecord, readMessage } from "../../../../../agent/wire/dns/index.ts";
import { writeQuery } from "../../../../../agent/wire/dns/query.ts";
import { DEFAULT_LIMITS } from "../../../../../agent/wire/dns/resolver/budget.ts";
import type { InReply, OutQuery, ResolverConfig, Step } from "../../../../../agent/wire/dns/resolver/machine.ts";
import type { Anchor } from "../../../../../agent/wire/dns/validator/anchors.ts";
import { readReplyWords, writeMessage } from "../../../../vectors/rpl/wire.ts";

export const NOW = 1_800_000_000;

export interface Scripted {
  /** Words as in a REPLY line: `AA NXDOMAIN`. QR is understood. */
  readonly reply?: string;
  readonly answer?: readonly ResourceRecord[];
  readonly authority?: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
  /** OPT in the answer: as the query has it, unless said. */
  readonly edns?: boolean;
}

/** What a server says to a query; undefined: nothing, it times out. */
export type Server = (query: OutQuery) => Scripted | undefined;

export interface Played<T> {
  readonly result: T;
  readonly queries: readonly OutQuery[];
}

/** Runs a step to its end against servers by address. What comes is octets, read by the reader. */
export function drive<T>(step: Step<T>, servers: Readonly<Record<string, Server>>, nowSeconds = NOW): Played<T> {
  const queries: OutQuery[] = [];
  let next = step.next();
  while (!next.done) {
    const query = next.value;
    queries.push(query);
    const said = servers[query.server]?.(query);
    const reply: InReply = said ? { nowSeconds, message: messageOf(query, said) } : { nowSeconds, failure: "timeout" };
    next = step.next(reply);
  }
  return { result: next.value, queries };
}

function messageOf(query: OutQuery, said: Scripted): Message {
  const { questions } = readMessage(writeQuery({ id: 0, name: query.name, type: query.type }));
  const question = questions.map((one) => ({ wire: one.wire, type: one.type, class: one.class }));
  const reply = readReplyWords(`QR ${said.reply ?? "AA"}`.split(" "));
  const sections = { answer: said.answer ?? [], authority: said.authority ?? [], additional: said.additional ?? [] };
  return readMessage(writeMessage({ id: 0, reply, question, ...sections, edns: said.edns ?? query.edns !== "none" }));
}

export function configOf(anchors: readonly Anchor[], ...roots: readonly string[]): ResolverConfig {
  return {
    hints: [{ name: "ns.root.", addresses: roots }],
    routes: [],
    anchors: { anchors, negative: [] },
    ipv4: true,
    ipv6: true,
    maxNsec3Iterations: 100,
    forwardCheckingDisabled: true,
  };
}

export const LIMITS = DEFAULT_LIMITS;
