// Run by a fault, in a host's network: packets that are to leave by a device are led here through a TAP device, wait, and leave by a
// packet socket past the queue that led them here. In the place of the kernel's netem, where a kernel has none.
// `node delay.ts DEVICE DELAY_MS`; prints "ready" once it stands.
import { execFileSync } from "node:child_process";
import { dlopen } from "node:ffi";
import { constants, openSync, read, writeSync } from "node:fs";

const [device, delay] = process.argv.slice(2) as [string, string];
/** linux/if_tun.h, linux/if_packet.h, linux/if_ether.h. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const FRAME = 65_536;

const { functions: libc } = dlopen("libc.so.6", {
  ioctl: { arguments: ["i32", "u64", "buffer"], return: "i32" },
  socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
  bind: { arguments: ["i32", "buffer", "u32"], return: "i32" },
  setsockopt: { arguments: ["i32", "i32", "i32", "buffer", "u32"], return: "i32" },
  if_nametoindex: { arguments: ["string"], return: "u32" },
});

function must(what: string, result: number): number {
  if (result < 0) throw new Error(`${what} failed`);
  return result;
}

const index = Number(libc.if_nametoindex!(device));
if (index === 0) throw new Error(`no device ${device}`);
const name = `delay${index}`;
const tap = openSync("/dev/net/tun", constants.O_RDWR);
const request = Buffer.alloc(40);
request.write(name);
request.writeUInt16LE(IFF_TAP_NO_PI, 16);
must("TUNSETIFF", Number(libc.ioctl!(tap, BigInt(TUNSETIFF), request)));

const out = must("socket", Number(libc.socket!(AF_PACKET, SOCK_RAW, 0)));
const on = Buffer.alloc(4);
on.writeInt32LE(1);
must("PACKET_QDISC_BYPASS", Number(libc.setsockopt!(out, SOL_PACKET, PACKET_QDISC_BYPASS, on, 4)));
const to = Buffer.alloc(20);
to.writeUInt16LE(AF_PACKET, 0);
to.writeInt32LE(index, 4);
must("bind", Number(libc.bind!(out, to, to.length)));

execFileSync("sysctl", ["-qw", `net.ipv6.conf.${name}.disable_ipv6=1`]);
execFileSync("ip", ["link", "set", name, "up", "txqueuelen", "2000"]);
process.stdout.write("ready\n");

/** One read at a time waits for a frame; each frame has a timer of its own. */
function next(): void {
  const frame = Buffer.allocUnsafe(FRAME);
  read(tap, frame, 0, FRAME, null, (error, size) => {
    if (error) process.exit(1);
    const copy = Buffer.from(frame.subarray(0, size));
    setTimeout(() => {
      try {
        writeSync(out, copy);
      } catch {} // the device went down meanwhile: lost, as on any line
    }, Number(delay));
    next();
  });
}
next();
