// Is the port free? Asked of the kernel, by opening it, before anything is provisioned.
import { createServer } from "node:net";
import { SetupFailure } from "../failure.mjs";
import { run } from "../run.mjs";

/** Throws `port-taken` or `listen-impossible` unless the address and port can be listened on. @param {string} host @param {number} port */
export async function needPort(host, port) {
  const code = await new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(/** @type {NodeJS.ErrnoException} */ (error).code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return;
  const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (code === "EADDRINUSE")
    throw new SetupFailure("port-taken", { where, facts: { by: await holder(port), other: port + 1 } });
  throw new SetupFailure("listen-impossible", { where, detail: String(code) });
}

/** Who listens on a port, as far as the system tells. @param {number} port */
async function holder(port) {
  const ran = await run("ss", ["-Hltnp", `sport = :${port}`]);
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(ran.output) ?? [];
  return name ? `${name} (pid ${pid})` : "?";
}
