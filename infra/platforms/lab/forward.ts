// The one way from the operator's own machine into the lab: a listening socket opened here, in the machine's network, and
// handed to a daemon that stands in another. A socket belongs to the network in which it was opened.
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostSpec } from "../platform.ts";
import { LabError } from "./errors.ts";

type Forward = NonNullable<HostSpec["forward"]>;

/** Throws `port-taken` before anything is made. */
export async function testForward(forward: { listen: string; port: number }): Promise<void> {
  (await openForward({ daemon: "", ...forward })).close();
}

/**
 * Opens the socket and gives its descriptor; `close` drops our own copy of it. Throws `port-taken`, at once or after `graceMs`:
 * whoever held it until now may be just about to end.
 */
export async function openForward(forward: Forward, graceMs = 0): Promise<{ fd: number; close(): void }> {
  for (const end = Date.now() + graceMs; ; await sleep(50)) {
    try {
      return await listenOnce(forward);
    } catch (error) {
      if (Date.now() >= end) throw error;
    }
  }
}

async function listenOnce(forward: Forward): Promise<{ fd: number; close(): void }> {
  const listen = forward.listen ?? "127.0.0.1";
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const detail = taken ? "another program listens there" : error.message;
      const remedy = "give another with --port or --listen";
      reject(new LabError("port-taken", `${listen}:${forward.port}`, detail, remedy, error));
    });
    server.listen({ host: listen, port: forward.port, backlog: 128 }, resolve);
  });
  // Node has no public name for the descriptor of a listening socket; net.Server#_handle has carried it since Node 0.x.
  const fd = (server as unknown as { _handle: { fd: number } })._handle.fd;
  return { fd, close: () => server.close() };
}
