// Asks the hosts' BIRD daemons over their control sockets; tells which BGP sessions do not stand.
import { createConnection } from "node:net";
import { birdSocket, type Lab } from "./names.ts";
import { appliedHost, hostsOf } from "./notes.ts";

/** One protocol of `show protocols`. */
export interface BirdProtocol {
  name: string;
  proto: string;
  state: string;
  /** For BGP: Established, Active, Connect … */
  info: string;
}

/**
 * One command to BIRD; its reply's lines without their numbers. Rejects when nothing listens or the reply takes longer
 * than `timeoutMs`. The dialogue: a line `0001 ready`, then lines `<code>-text` up to `<code> text` (BIRD's client.c).
 */
export function askBird(socketPath: string, command: string, timeoutMs = 2_000): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: socketPath });
    let text = "";
    socket
      .setEncoding("utf8")
      .setTimeout(timeoutMs, () => socket.destroy(new Error(`${socketPath}: no reply in ${timeoutMs} ms`)));
    socket.once("error", reject);
    socket.once("connect", () => socket.write(`${command}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
      const lines = text.split("\n").slice(1, -1); // without the greeting and what is not yet whole
      if (!lines.some((line) => /^\d{4}( |$)/.test(line))) return;
      socket.destroy();
      resolve(lines.map((line) => line.replace(/^(\d{4}[- ]| )/, "")));
    });
    socket.once("close", () => reject(new Error(`${socketPath}: closed before the reply ended`)));
  });
}

export async function protocolsOf(lab: Lab, host: string): Promise<BirdProtocol[]> {
  const lines = await askBird(birdSocket(lab, host), "show protocols");
  return lines.flatMap((line) => {
    const [name, proto, , state, , info] = line.split(/\s+/);
    return name && proto && state && name !== "Name" ? [{ name, proto, state, info: info ?? "" }] : [];
  });
}

/** Hosts of the lab that run BIRD. */
export const routersOf = (lab: Lab): string[] =>
  hostsOf(lab).filter((host) =>
    Object.values(appliedHost(lab, host)?.daemons ?? {}).some((d) => d.argv.some((word) => /(^|\/)bird$/.test(word))),
  );

/** BGP sessions that are not Established, as `host: protocol (state)`; a router that does not answer is one too. */
export async function sessionsDown(lab: Lab): Promise<string[]> {
  const down = await Promise.all(
    routersOf(lab).map((host) =>
      protocolsOf(lab, host).then(
        (all) =>
          all
            .filter((p) => p.proto === "BGP" && p.info !== "Established")
            .map((p) => `${host}: ${p.name} (${p.info || p.state})`),
        () => [`${host}: bird does not answer`],
      ),
    ),
  );
  return down.flat();
}
