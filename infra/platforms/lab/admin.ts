// The console's admin socket, as root on the same machine reaches it: one request, one JSON reply.
import { request } from "node:http";
import { join } from "node:path";
import { LabError } from "./errors.ts";
import { hostRoot, type Lab } from "./names.ts";

const TIMEOUT_MS = 5_000;

/** Where root on this machine reaches the lab's console. */
export const adminSocketOf = (lab: Lab): string => join(hostRoot(lab, "console"), "run/vonggac/console-admin.sock");

/** Throws `admin-socket-silent` when no console answers, or answers anything but 200. */
export function requestAdmin<T>(lab: Lab, method: "GET" | "POST", path: string): Promise<T> {
  const socketPath = adminSocketOf(lab);
  const silent = (detail: string, cause?: unknown) =>
    new LabError("admin-socket-silent", socketPath, detail, "see whether the console runs: vonggac lab status", cause);
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, timeout: TIMEOUT_MS }, (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      reply.on("end", () => {
        if (reply.statusCode !== 200)
          return reject(silent(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 200)}`));
        try {
          resolve(JSON.parse(text) as T);
        } catch (error) {
          reject(silent(`${method} ${path}: the reply is no JSON`, error));
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no reply in ${TIMEOUT_MS} ms`)));
    sent.on("error", (error) => reject(silent(error.message, error)));
    sent.end();
  });
}
