// Run by a fault, in an attacker's network: knocks at the first ports of a host one after another. `node scan-ports.ts ADDRESS COUNT`
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const [address, count] = process.argv.slice(2);
const EVERY_MS = 60;
const WAIT_MS = 300;

for (let port = 1; port <= Number(count); port++) {
  const socket = connect({ host: address!, port });
  socket.on("error", () => {});
  setTimeout(() => socket.destroy(), WAIT_MS);
  await sleep(EVERY_MS);
}
