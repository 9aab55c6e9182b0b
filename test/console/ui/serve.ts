// `node test/console/ui/serve.ts [dist] [port]`: the troubled day in a browser, for whoever works on the screen. Prints the
// address and a sign-in code; a line on standard input (`down HOST`, `up HOST`, `code`, `end-sessions`) moves the story.
import { createInterface } from "node:readline";
import { hostDown, hostUp, troubledDay } from "./story.ts";
import { playedProvince, serveProvince } from "./world.ts";

const world = playedProvince();
troubledDay(world, Date.now());
world.goLive();
const [dist = new URL("../../../console/ui/dist", import.meta.url).pathname, port = "8099"] = process.argv.slice(2);
const server = await serveProvince(world, dist, Number(port));
console.log(`${server.url} ${server.code()}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, host = ""] = line.trim().split(" ");
  if (verb === "down") hostDown(world, host);
  else if (verb === "up") hostUp(world, host);
  else if (verb === "code") console.log(server.code());
  else if (verb === "end-sessions") server.endSessions();
}
await server.close();
process.exit(0);
