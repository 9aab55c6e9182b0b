// One sign of life, signed as the console signs it: `beat.ts PORT KEY CA-FILE SERVER-NAME` prints the watcher's answer.
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";

const [port = "", key = "", caFile = "", servername = ""] = process.argv.slice(2);
const body = JSON.stringify({ type: "vonggac.beat", console: servername, ready: true });
const [id, at] = [randomUUID(), String(Math.floor(Date.now() / 1_000))];
const signature = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
const headers = { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": `v1,${signature}` };
const tls = { ca: readFileSync(caFile), servername, agent: false as const };
request({ host: "127.0.0.1", port, method: "POST", headers, ...tls }, (answer) => {
  process.stdout.write(String(answer.statusCode));
  answer.resume();
}).end(body);
