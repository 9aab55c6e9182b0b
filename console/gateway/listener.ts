// TLS 1.3 with client certificates, behind the waiting room: the kernel's connections come to the one and leave for the other.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { messageOf, Problem } from "../problem.ts";
import type { GatewayLimits } from "./limits.ts";
import { waitingRoom } from "./waiting-room.ts";

export type ListenerCode = "gateway-tls-unusable" | "gateway-address-unusable";

export interface ListenerParts {
  host: string;
  port: number;
  certFile: string;
  keyFile: string;
  clientRootsFile: string;
  limits: GatewayLimits;
  /** Sockets that may be open at all. */
  mostSockets: number;
  monotonic(): number;
  metrics: Metrics;
  log: Logger;
}

export interface Listener {
  /** Speaks HTTP to whoever got through. */
  server: Server;
  listen(): Promise<number>;
  close(): Promise<void>;
}

/** How often the log says that connections were dropped unread. */
const TELL_EVERY_MS = 10_000;

/** Throws Problem<ListenerCode>; so does `listen`. */
export function openListener(parts: ListenerParts): Listener {
  const { limits, log, metrics } = parts;
  const server = tlsServer(parts);
  let told = Number.NEGATIVE_INFINITY;
  const room = waitingRoom(server, {
    rules: limits,
    most: parts.mostSockets,
    monotonic: parts.monotonic,
    dropped(why) {
      metrics.refusals.inc({ code: why });
      if (parts.monotonic() - told < TELL_EVERY_MS) return;
      told = parts.monotonic();
      log.warn({ problem: why, at: "handshake", waiting: room.waiting(), most: parts.mostSockets });
    },
  });
  server.on("secureConnection", (socket: TLSSocket) => room.done(socket));
  server.on("tlsClientError", (error, socket) => {
    log.debug({ event: "tls-error", detail: error.message });
    room.done(socket);
    socket.destroy();
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return {
    server,
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once("error", (error) => reject(unusableAddress(parts, error)));
        server.listen({ port: parts.port, host: parts.host, backlog: 4_096 }, resolve);
      });
      return (server.address() as AddressInfo).port;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        room.empty();
        setTimeout(() => server.closeAllConnections(), 600);
      }),
  };
}

function tlsServer(parts: ListenerParts): Server {
  const { limits } = parts;
  try {
    return createServer({
      pauseOnConnect: true,
      minVersion: "TLSv1.3",
      cert: readFileSync(parts.certFile),
      key: readFileSync(parts.keyFile),
      ca: readFileSync(parts.clientRootsFile),
      // Asked for and verified, but not demanded: who enrols has no certificate yet. identity.ts looks at the outcome.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.tlsHandshakeMs,
      requestTimeout: limits.requestMs,
      headersTimeout: limits.requestMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 8_192,
    });
  } catch (error) {
    throw new Problem<ListenerCode>(
      "gateway-tls-unusable",
      `${parts.certFile}, ${parts.keyFile}, ${parts.clientRootsFile}`,
      `key, certificate or client roots cannot be used: ${messageOf(error)}`,
      "Check that this account may read them and that they belong together; provision again if not.",
      error,
    );
  }
}

const unusableAddress = (parts: ListenerParts, error: Error) =>
  new Problem<ListenerCode>(
    "gateway-address-unusable",
    `[${parts.host}]:${parts.port}`,
    `the gateway cannot listen: ${error.message}`,
    "Check that the address is this host's and that no other console runs.",
    error,
  );
