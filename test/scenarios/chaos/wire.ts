// A piece of wire between one agent and the console, which can be cut as a wire is: nothing passes, and nobody is told.
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Wire {
  port: number;
  cut(): void;
  /** What was held goes on: a kernel would have sent it again. Connections that were made in between are new. */
  mend(): void;
  close(): void;
}

/** Leads to a port of loopback. */
export function wireTo(port: number): Promise<Wire> {
  const ends = new Set<Socket>();
  let isCut = false;
  const join = (near: Socket, far: Socket) => {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on("data", (bytes) => void to.write(bytes));
      from.on("end", () => to.end());
      from.on("close", () => {
        ends.delete(from);
        to.destroy();
      });
      from.on("error", () => {});
      if (isCut) from.pause();
    }
  };
  const server: Server = createServer((near) => join(near, connect(port, "127.0.0.1")));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as { port: number }).port,
        cut() {
          isCut = true;
          for (const end of ends) end.pause();
        },
        mend() {
          isCut = false;
          for (const end of ends) end.resume();
        },
        close() {
          server.close();
          for (const end of ends) end.destroy();
        },
      }),
    );
  });
}
