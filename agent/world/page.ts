// One page over HTTPS. What speaks it is loaded when it is first needed: one agent in a province looks at pages.
import type * as https from "node:https";
import type * as tls from "node:tls";
import type { Failed, World } from "../check.ts";
import { contextOf, counted, deadline, failed, TIMEOUT } from "./connect.ts";

const MAX_BODY = 1_048_576;

const secure = (): typeof tls => process.getBuiltinModule("node:tls");
const web = (): typeof https => process.getBuiltinModule("node:https");

/** See World.fetchPage. */
export const fetchPage: World["fetchPage"] = (to, name, path, timeoutMs) =>
  new Promise<{ ok: true; status: number; body: Uint8Array } | Failed>((resolve) => {
    const socket = counted(
      secure().connect({
        host: to.address,
        port: to.port,
        servername: name,
        secureContext: contextOf(""),
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ALPNProtocols: ["http/1.1"],
      }),
    );
    const done = (result: { ok: true; status: number; body: Uint8Array } | Failed) => {
      stop();
      socket.destroy();
      resolve(result);
    };
    const stop = deadline(timeoutMs, () => done(TIMEOUT));
    socket.on("error", (error) => done(failed(error, "tls-failed")));
    const asked = web().request({
      path,
      headers: { host: name, connection: "close" },
      createConnection: () => socket,
    });
    asked.on("error", (error) => done(failed(error)));
    asked.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", (error) => done(failed(error)));
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY) done({ ok: false, why: "failed", detail: `more than ${MAX_BODY} octets` });
        else chunks.push(chunk);
      });
      response.on("end", () => done({ ok: true, status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asked.end();
  });
