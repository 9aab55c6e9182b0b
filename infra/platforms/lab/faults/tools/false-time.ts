// Run by a fault, in the place of a time server: answers every NTP request (RFC 5905 §7.3) as a server of stratum 2 whose clock is wrong.
// `node false-time.ts OFFSET_SECONDS ADDRESS…`
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

const [offset, ...addresses] = process.argv.slice(2) as [string, ...string[]];
/** Seconds from 1900 to 1970. */
const ERA = 2_208_988_800;

function writeTime(packet: Buffer, at: number): void {
  const seconds = Date.now() / 1_000 + ERA + Number(offset);
  packet.writeUInt32BE(Math.floor(seconds) % 0x1_0000_0000, at);
  packet.writeUInt32BE(Math.floor((seconds % 1) * 0x1_0000_0000), at + 4);
}

for (const address of addresses) {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.on("message", (request, from) => {
    if (request.length < 48) return;
    const answer = Buffer.alloc(48);
    answer[0] = 0x24; // no warning, version 4, server
    answer[1] = 2;
    answer[2] = 6;
    answer.writeInt8(-20, 3);
    answer.write("LIES", 12, "latin1");
    writeTime(answer, 16);
    request.copy(answer, 24, 40, 48);
    writeTime(answer, 32);
    writeTime(answer, 40);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(123, address);
}
