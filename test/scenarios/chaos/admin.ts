// A person's act by the console's admin socket.
import assert from "node:assert/strict";
import { request } from "node:http";

/** POST of a body that must be taken. */
export function adminPost(socketPath: string, path: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ socketPath, path, method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (d: string) => {
        text += d;
      });
      response.on("end", () => {
        try {
          assert.equal(response.statusCode, 200, `${path}: ${text}`);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}
