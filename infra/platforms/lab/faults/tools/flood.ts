// Run by a fault, in an attacker's network: sends small datagrams to one port, bounded in number a second and in time.
// `node flood.ts ADDRESS PORT A_SECOND SECONDS`
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

const [address, port, aSecond, seconds] = process.argv.slice(2) as [string, string, string, string];
const TICK_MS = 50;
const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
socket.on("error", () => {});
const each = Math.ceil((Number(aSecond) * TICK_MS) / 1_000);
const timer = setInterval(() => {
  for (let i = 0; i < each; i++) socket.send("flood", Number(port), address, () => {});
}, TICK_MS);
setTimeout(() => {
  clearInterval(timer);
  socket.close();
}, Number(seconds) * 1_000);
