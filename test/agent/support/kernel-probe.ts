// Runs inside a network namespace of its own (world/kernel.test.ts starts it there): makes links, addresses, routes and a
// session on port 179, breaks them, and prints what the agent's kernel saw at each step.
import { execFileSync } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { addressKey, parseAddress } from "../../../agent/wire/address.ts";
import { routeTo } from "../../../agent/wire/proc-routes.ts";
import { makeKernel } from "../../../agent/world/kernel.ts";

const ip = (line: string) => execFileSync("ip", line.split(" "));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const kernel = makeKernel(() => performance.now());
const seen: Record<string, unknown> = {};
const see = async (name: string, look: () => unknown) => {
  await pause(60);
  seen[name] = look();
};

ip("link set lo up");
ip("link add left type veth peer name right");
ip("addr add 10.9.0.1/31 dev left");
ip("addr add 2001:db8:9::1/64 dev left nodad");
ip("link add bare type veth peer name bareend");
await see("made", () => ["left", "bare", "nowhere"].map((d) => kernel.device(d)));
for (const device of ["left", "right", "bare", "bareend"]) ip(`link set ${device} up`);
ip("link set bare addrgenmode none");
await pause(300);
await see("up", () => ["left", "bare"].map((d) => kernel.device(d)));
await see("addresses", () => kernel.addresses6().map(addressKey));
ip("route add 198.51.100.0/24 via 10.9.0.0");
ip("route add unreachable 198.51.100.128/25");
ip("-6 route add default via 2001:db8:9::2");
ip("-6 route add 2001:db8:77::/48 dev bare");
await see("routes", () =>
  ["198.51.100.1", "198.51.100.200", "203.0.113.1", "2001:db8:77::1", "2001:470::1"].map((text) => {
    const address = parseAddress(text)!;
    const route = routeTo(kernel.routes(address.length === 4 ? 4 : 6), address);
    return route ? (route.rejects ? "rejects" : route.device) : "none";
  }),
);

const server = createServer().listen(179, "::");
const held: Socket[] = [];
server.on("connection", (socket) => held.push(socket));
const open = async (host: string) => {
  const socket = connect(179, host);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
};
await see("no session", () => kernel.bgpSessions().size);
const four = await open("10.9.0.1");
const six = await open("2001:db8:9::1");
// Both ends of a session stand in the same namespace: each is listed once from either side.
await pause(4_000);
await see("sessions", () => [...kernel.bgpSessions()].sort());
four.destroy();
for (const socket of held) if (socket.remoteAddress?.includes("10.9.0.1")) socket.destroy();
await see("one lost", () => [...kernel.bgpSessions()].sort());
six.destroy();
for (const socket of held) socket.destroy();
server.close();
ip("link set right down");
await pause(300);
await see("peer down", () => kernel.device("left"));
await see("addresses without a carrier", () => kernel.addresses6().map(addressKey));
ip("link set left down");
await see("down", () => kernel.device("left"));
ip("link del left");
await see("deleted", () => kernel.device("left"));
process.stdout.write(JSON.stringify(seen));
process.exit(0);
