// A receiver of webhooks, as a security centre elsewhere has one: `hook.ts ADDRESS PORT KEY-FILE CERT-FILE` prints each POST as a line of JSON.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [address = "", port = "", key = "", cert = ""] = process.argv.slice(2);
createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (incoming, answer) => {
  let body = "";
  incoming.setEncoding("utf8").on("data", (d) => {
    body += d;
  });
  incoming.on("end", () => {
    const { headers } = incoming;
    process.stdout.write(`${JSON.stringify({ headers, body })}\n`);
    answer.writeHead(204).end();
  });
}).listen(Number(port), address, () => process.stdout.write("listens\n"));
