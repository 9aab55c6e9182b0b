// Where connections wait for their handshake. A province that lost its console comes back at once; were all handshakes begun
// together, each would take as long as all, every agent would give up, and the work would begin anew for ever. The rules:
// - A few handshakes at a time, in the order of arrival; who waits costs a descriptor and no work.
// - Whoever waited longer than an agent waits is gone: it is closed without a handshake, and the agent comes again.
// - One network holds at most half of the places, so that those who connect and say nothing cannot keep others out.
// - Above the limit of open files the kernel's connection is closed at once (server.maxConnections).
import type { Server, Socket } from "node:net";
import { networkOf } from "./network.ts";

export interface WaitingRoomRules {
  /** Handshakes at a time. */
  handshakes: number;
  /** An agent gives up after this long without an answer. */
  patienceMs: number;
}

export interface WaitingRoomParts {
  rules: WaitingRoomRules;
  /** Sockets that may be open at all. */
  most: number;
  monotonic(): number;
  dropped(why: "waited-too-long" | "too-many-connections"): void;
}

export interface WaitingRoom {
  /** The handshake with that peer is over: the connection lives on, its place is free. */
  done(peer: Pick<Socket, "remoteAddress" | "remotePort">): void;
  waiting(): number;
  /** Closes those who wait and those at their handshake. */
  empty(): void;
}

/** Who waits. Its name is taken when it comes: the kernel no longer knows the peer of a connection that was reset meanwhile. */
interface Waiting {
  socket: Socket;
  peer: string;
  since: number;
}

/**
 * Puts the room before a TLS server that was made with `pauseOnConnect` (what a peer sends stays with the kernel until its turn):
 * the server's own listener of `connection` begins a handshake, and is called in turn.
 */
export function waitingRoom(server: Server, parts: WaitingRoomParts): WaitingRoom {
  const { rules, monotonic } = parts;
  const perNetwork = Math.max(1, Math.floor(rules.handshakes / 2));
  const handshakes = server.listeners("connection") as ((socket: Socket) => void)[];
  /** Those who wait, by network: first come first served within each, and networks with a free place in turn. */
  const queues = new Map<string, Waiting[]>();
  const busyOf = new Map<string, number>();
  const places = new Map<string, { socket: Socket; network: string }>();

  /** Begins the next handshake of that network. False when it has nobody left, or nobody may begin. */
  const serve = (network: string, queue: Waiting[]): boolean => {
    while (queue.length > 0 && places.size < rules.handshakes && (busyOf.get(network) ?? 0) < perNetwork) {
      const { socket, peer, since } = queue.shift()!;
      if (socket.destroyed) continue;
      if (monotonic() - since > rules.patienceMs) {
        parts.dropped("waited-too-long");
        socket.destroy();
        continue;
      }
      places.set(peer, { socket, network });
      busyOf.set(network, (busyOf.get(network) ?? 0) + 1);
      socket.once("close", () => leave(peer));
      for (const begin of handshakes) begin.call(server, socket);
      socket.resume();
      return true;
    }
    return false;
  };
  const next = (): void => {
    for (const [network, queue] of queues) {
      if (places.size >= rules.handshakes) return;
      const served = serve(network, queue);
      if (queue.length > 0 && !served) continue;
      // Who was served goes behind the others; the loop comes to it again.
      queues.delete(network);
      if (queue.length > 0) queues.set(network, queue);
    }
  };
  const leave = (peer: string): void => {
    const network = places.get(peer)?.network;
    if (network === undefined) return;
    places.delete(peer);
    const left = busyOf.get(network)! - 1;
    if (left > 0) busyOf.set(network, left);
    else busyOf.delete(network);
    next();
  };

  server.removeAllListeners("connection");
  server.on("connection", (socket) => {
    socket.on("error", () => socket.destroy());
    const network = networkOf(socket.remoteAddress);
    const queue = queues.get(network) ?? [];
    queues.set(network, queue);
    queue.push({ socket, peer: nameOf(socket), since: monotonic() });
    next();
  });
  server.maxConnections = parts.most;
  server.on("drop", () => parts.dropped("too-many-connections"));
  return {
    done: (peer) => leave(nameOf(peer)),
    waiting: () => [...queues.values()].reduce((sum, queue) => sum + queue.length, 0),
    empty() {
      const all = [...[...queues.values()].flat(), ...places.values()];
      queues.clear();
      for (const { socket } of all) socket.destroy();
    },
  };
}

/** TLS has a socket of its own over the kernel's; both name the same peer. */
const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">) =>
  `${remoteAddress} ${remotePort}`;
