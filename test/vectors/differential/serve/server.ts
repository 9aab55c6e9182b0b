/**
 * Our own authoritative server: zones in memory over UDP and TCP, on addresses of the private namespace.
 */
import { createSocket, type Socket } from "node:dgram";
import { createServer, isIPv6, type Server } from "node:net";
import { readMessage } from "../../../../agent/wire/dns/index.ts";
import { answer, type Served } from "./answer.ts";
import { encode } from "./encode.ts";

/** Serves until closed; what it serves may be exchanged at any time. */
export class OwnServer {
  zones: readonly Served[] = [];
  private readonly udp: Socket[] = [];
  private readonly tcp: Server[] = [];

  async listen(addresses: readonly string[], port = 53): Promise<void> {
    for (const address of addresses) {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      socket.on("message", (query, from) => {
        const reply = this.reply(query, "udp");
        if (reply) socket.send(reply, from.port, from.address);
      });
      await new Promise<void>((resolve) => socket.bind(port, address, resolve));
      this.udp.push(socket);
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
    const draft = answer(this.zones, question);
    const { id, recursionDesired, checkingDisabled } = query;
    const { wire, type, class: klass } = question;
    const parts = { id, recursionDesired, checkingDisabled, wire, type, class: klass, limit };
    return encode({ ...parts, edns: query.edns !== undefined }, draft);
  }

  async close(): Promise<void> {
    for (const socket of this.udp) socket.close();
    await Promise.all(this.tcp.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
