/**
 * Our own authoritative server: zones in memory over UDP and TCP, on addresses of the private namespace.
 */
import { createSocket, type Socket } from "node:dgram";
import { createServer, isIPv6, type Server } from "node:net";
import { type Message, type Question, RCODE, readMessage, TYPE } from "../../../../agent/wire/dns/index.ts";
import { answer, type Draft, type Served } from "./answer.ts";
import { encode } from "./encode.ts";

/** What a server may lack. */
export interface Habits {
  /** false: nobody listens on TCP. */
  readonly tcp?: boolean;
  /** false: a query with EDNS gets FORMERR, as old servers did (RFC 6891 §7). */
  readonly edns?: boolean;
}

/** Serves until closed; what it serves may be exchanged at any time. */
export class OwnServer {
  zones: readonly Served[] = [];
  private readonly habits: Habits;
  private readonly udp: Socket[] = [];
  private readonly tcp: Server[] = [];

  constructor(habits: Habits = {}) {
    this.habits = habits;
  }

  async listen(addresses: readonly string[], port = 53): Promise<void> {
    for (const address of addresses) {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      socket.on("message", (query, from) => {
        const reply = this.reply(query, "udp");
        if (reply) socket.send(reply, from.port, from.address);
      });
      await new Promise<void>((resolve) => socket.bind(port, address, resolve));
      this.udp.push(socket);
      if (this.habits.tcp === false) continue;
      const server = createServer((stream) => {
        let received = Buffer.alloc(0);
        stream.on("error", () => stream.destroy());
        stream.on("data", (chunk) => {
          received = Buffer.concat([received, chunk as Buffer]);
          while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
            const size = received.readUInt16BE(0);
            const reply = this.reply(received.subarray(2, 2 + size), "tcp");
            received = received.subarray(2 + size);
            if (reply) stream.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]));
          }
        });
      });
      await new Promise<void>((resolve) => server.listen(port, address, resolve));
      this.tcp.push(server);
    }
  }

  /** The response's octets; undefined for what is no query. */
  reply(octets: Uint8Array, transport: "udp" | "tcp"): Uint8Array | undefined {
    const query = readMessage(octets);
    const [question] = query.questions;
    if (query.response || !question) return undefined;
    const limit = transport === "udp" ? Math.max(512, Math.min(query.edns?.udpSize ?? 512, 1_232)) : undefined;
    const knowsEdns = this.habits.edns !== false;
    const draft = this.draft(query, question);
    const { id, recursionDesired, checkingDisabled } = query;
    const { wire, type, class: klass } = question;
    const parts = { id, recursionDesired, checkingDisabled, wire, type, class: klass, limit };
    return encode({ ...parts, edns: knowsEdns && query.edns !== undefined }, draft);
  }

  private draft(query: Message, question: Question): Draft {
    const refusal = (rcode: number): Draft => ({
      rcode,
      authoritative: false,
      answer: [],
      authority: [],
      additional: [],
    });
    if (query.edns && this.habits.edns === false) return refusal(RCODE.FORMERR);
    if (query.edns && query.edns.version > 0) return refusal(RCODE.BADVERS);
    if (query.opcode !== 0) return refusal(RCODE.NOTIMP);
    if (question.class !== 1 || question.type === TYPE.AXFR || question.type === TYPE.IXFR)
      return refusal(RCODE.REFUSED);
    return answer(this.zones, question);
  }

  async close(): Promise<void> {
    for (const socket of this.udp) socket.close();
    await Promise.all(this.tcp.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
