// Drives a run of the resolver (dns/resolve.ts): sends what it yields, gives back what came and the time. UDP twice, TCP when the
// run asks for it or the answer was cut beyond reading, DNS cookies (RFC 7873) towards servers that know them. Pure: sockets,
// clock and randomness are handed in.
import { canonicalName, DnsError, type Message, RCODE, readHeader, readMessage, writeQuery } from "./dns/index.ts";
import { UNKNOWN_OPTION } from "./dns/query.ts";
import type { InReply, OutQuery, ReplyFailure, Step } from "./dns/resolver/machine.ts";

type Sent = { ok: true; answer: Uint8Array } | { ok: false; why: string; detail: string };
interface To {
  address: string;
  port: number;
}

/** What a run needs of the world; agent/check.ts's World has it. Times in milliseconds. */
export interface Wires {
  now(): number;
  exchangeUdp(to: To, query: Uint8Array, accepts: (answer: Uint8Array) => boolean, timeoutMs: number): Promise<Sent>;
  exchangeTcp(to: To, query: Uint8Array, timeoutMs: number): Promise<Sent>;
  exchangePipelined(to: To, query: Uint8Array, timeoutMs: number): Promise<Sent>;
  random16(): number;
}

export interface DriveOptions {
  /** Each of two tries over UDP; default 1,500. */
  readonly udpTimeoutMs?: number;
  /** Default 3,000. */
  readonly tcpTimeoutMs?: number;
  readonly port?: number;
  /** Told of each query and what came of it: for evidence, and for tests that replay. */
  readonly onReply?: (query: OutQuery, reply: InReply, octets: Uint8Array | undefined) => void;
}

const UDP_TRIES = 2;
const HEADER = 12;
const COOKIE = 10;
const UNKNOWN = { code: UNKNOWN_OPTION, data: Uint8Array.of(1, 2, 3, 4) };
const UNKNOWN_FLAG = 0x0080;

/** Drives one world; keeps the cookies of servers between runs. */
export class Driver {
  private readonly wires: Wires;
  private readonly options: DriveOptions;
  private readonly clientCookie: Uint8Array;
  /** Whole cookie (client's and server's) by address. */
  private readonly cookies = new Map<string, Uint8Array>();
  private readonly reader = new Reader();

  constructor(wires: Wires, options: DriveOptions = {}) {
    this.wires = wires;
    this.options = options;
    this.clientCookie = new Uint8Array(Uint16Array.from({ length: 4 }, () => wires.random16()).buffer);
  }

  /** Runs a step to its end. Never throws for what a server sends. */
  async run<T>(step: Step<T>): Promise<T> {
    let result = step.next();
    while (!result.done) {
      const query = result.value;
      const heard = await this.ask(query);
      const nowSeconds = Math.floor(this.wires.now() / 1_000);
      const reply: InReply =
        typeof heard === "string"
          ? { nowSeconds, failure: heard }
          : heard.message
            ? { nowSeconds, message: heard.message }
            : { nowSeconds, failure: "malformed" };
      this.options.onReply?.(query, reply, typeof heard === "string" ? undefined : heard.octets);
      result = step.next(reply);
    }
    return result.value;
  }

  private async ask(query: OutQuery): Promise<Heard | ReplyFailure> {
    if (query.transport === "tcp") return this.overTcp(query);
    let failure: ReplyFailure = "timeout";
    for (let attempt = 0; attempt < UDP_TRIES; attempt++) {
      const id = this.wires.random16();
      let heard: Heard | undefined;
      const accepts = (answer: Uint8Array) => {
        heard = this.reader.hear(answer, id, query);
        return heard !== undefined;
      };
      const timeoutMs = this.options.udpTimeoutMs ?? 1_500;
      const sent = await this.wires.exchangeUdp(this.to(query), this.octets(query, id), accepts, timeoutMs);
      if (!sent.ok || !heard) {
        failure = sent.ok ? "mismatch" : failureOf(sent.why);
        if (failure === "timeout") continue;
        return failure;
      }
      const { message, octets } = heard;
      if (!message && readHeader(octets).truncated) return this.overTcp(query);
      // A server that wants its cookie has just given it: once more with it (RFC 7873 §5.3).
      if (message && this.learn(query.server, message) && message.rcode === RCODE.BADCOOKIE) continue;
      return heard;
    }
    return failure;
  }

  private async overTcp(query: OutQuery): Promise<Heard | ReplyFailure> {
    const id = this.wires.random16();
    const timeoutMs = this.options.tcpTimeoutMs ?? 3_000;
    const { exchangeTcp, exchangePipelined } = this.wires;
    const exchange = query.pipelined ? exchangePipelined : exchangeTcp;
    const sent = await exchange(this.to(query), this.octets(query, id), timeoutMs);
    if (!sent.ok) return failureOf(sent.why);
    return this.reader.hear(sent.answer, id, query) ?? "mismatch";
  }

  private to({ server }: OutQuery): To {
    return { address: server, port: this.options.port ?? 53 };
  }

  private octets(query: OutQuery, id: number): Uint8Array {
    const { server, name, type, recursionDesired, checkingDisabled } = query;
    const asked = { id, name, type, recursionDesired, checkingDisabled, ...(query.class && { class: query.class }) };
    const options = [{ code: COOKIE, data: this.cookies.get(server) ?? this.clientCookie }];
    const usual = { ...asked, dnssecOk: true, udpSize: 1_232, options };
    switch (query.edns) {
      case "none":
        return writeQuery({ ...asked, edns: false });
      case "version-1":
        return writeQuery({ ...usual, ednsVersion: 1 });
      case "version-1-option":
        return writeQuery({ ...usual, ednsVersion: 1, options: [UNKNOWN] });
      case "unknown-option":
        return writeQuery({ ...usual, options: [UNKNOWN] });
      case "unknown-flag":
        return writeQuery({ ...usual, ednsFlags: UNKNOWN_FLAG });
      case "small":
        return writeQuery({ ...usual, udpSize: 512 });
      default:
        return writeQuery(usual);
    }
  }

  /** Keeps a server's cookie when it belongs to ours (RFC 7873 §5.3); says whether one was kept. */
  private learn(server: string, message: Message): boolean {
    const data = message.edns?.options.find(({ code }) => code === COOKIE)?.data;
    if (!data || data.length < 16 || data.length > 40) return false;
    if (!this.clientCookie.every((octet, i) => data[i] === octet)) return false;
    this.cookies.set(server, data);
    return true;
  }
}

function failureOf(why: string): ReplyFailure {
  return why === "timeout" ? "timeout" : "unreachable";
}

/** An answer to the question that was asked; without a message when its octets are none. */
interface Heard {
  readonly octets: Uint8Array;
  readonly message: Message | undefined;
}

const MAX_KEPT = 4_096;

/**
 * Reads what came. Most servers of a zone say the same in the same octets: that is read once, and what is found out about its records
 * later (dns/audit/table.ts) holds for all who said it.
 */
class Reader {
  private readonly kept = new Map<string, Message>();

  /** Is this an answer to that question: id and, when it can be read, the question itself (RFC 5452 §9.1)? */
  hear(octets: Uint8Array, id: number, { name, type }: OutQuery): Heard | undefined {
    if (octets.length < HEADER) return undefined;
    const header = readHeader(octets);
    if (!header.response || header.id !== id) return undefined;
    const message = this.read(octets);
    // Of the right id, and not to be read: the server's own trouble, told as malformed.
    if (!message) return { octets, message };
    const [question, more] = message.questions;
    // A refusal may come without its question (RFC 9619 §1); anything else has to repeat it.
    if (!question) return header.rcode === 0 ? undefined : { octets, message };
    const isAsked = question.type === type && (question.name === name || question.name === canonicalName(name));
    return more || !isAsked ? undefined : { octets, message };
  }

  private read(octets: Uint8Array): Message | undefined {
    const allButId = Buffer.from(octets.buffer, octets.byteOffset + 2, octets.length - 2).toString("latin1");
    const known = this.kept.get(allButId);
    if (known) return { ...known, id: (octets[0]! << 8) | octets[1]! };
    try {
      const message = readMessage(octets);
      if (this.kept.size >= MAX_KEPT) this.kept.clear();
      this.kept.set(allButId, message);
      return message;
    } catch (error) {
      if (error instanceof DnsError) return undefined;
      throw error;
    }
  }
}
