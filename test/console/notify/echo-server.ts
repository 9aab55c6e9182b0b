// Servers that say back all that they are told, and refuse: `echo-server.ts ADDRESS KEY-FILE CERT-FILE`. SMTP with TLS from the first byte on
// 465, HTTPS on 443.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createTls } from "node:tls";

const [address = "", keyFile = "", certFile = ""] = process.argv.slice(2);
const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
createTls(tls, (socket) => {
  socket.on("error", () => {});
  socket.write("220 echo ESMTP\r\n");
  socket.setEncoding("utf8").on("data", (line: string) => {
    const said = line.trim();
    if (/^EHLO/i.test(said)) return socket.write("250-echo\r\n250 AUTH PLAIN\r\n");
    const decoded = Buffer.from(said.split(" ").at(-1)!, "base64").toString("utf8").replaceAll("\0", " ");
    socket.write(`535 5.7.8 not you: ${said} = ${decoded} ${"x".repeat(200)}\r\n`);
  });
}).listen(465, address, () =>
  createServer(tls, (incoming, answer) => {
    answer.writeHead(500, "no", { location: "https://elsewhere.example/" }).end(JSON.stringify(incoming.headers));
  }).listen(443, address, () => process.stdout.write("listens\n")),
);
