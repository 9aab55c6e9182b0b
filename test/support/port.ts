// Ports for what cannot be given port 0, because it is started again where it was, or is named before it runs.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port that nothing has, by TCP and UDP, on any address. Below those that the kernel gives out itself (ip_local_port_range begins at
 * 32,768): of those any connection may have one by the time it is needed, even one to that very port (a simultaneous open with itself).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (
      (await isFree(createServer(), (s) => s.listen(port, "::"))) &&
      (await isFree(createSocket("udp6"), (s) => s.bind(port, "::")))
    )
      return port;
  }
}

async function isFree<T extends ReturnType<typeof createServer> | ReturnType<typeof createSocket>>(
  socket: T,
  take: (socket: T) => void,
): Promise<boolean> {
  take(socket);
  try {
    await once(socket, "listening");
  } catch {
    return false;
  }
  socket.close();
  await once(socket, "close");
  return true;
}
