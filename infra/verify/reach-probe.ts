// Asks by packets whether ports can be reached, from the network that it runs in: a JSON list of {source, address, protocol, port}
// on standard input, the list of those that answered (their index) on standard output. A refusal is an answer: the packet arrived.
import dgram from "node:dgram";
import net from "node:net";
import { text } from "node:stream/consumers";

const WAIT_MS = 1_200;
const TRIES = 2;
/** A time server answers nothing but a whole request (RFC 5905 §7.3): version 4, client. */
const NTP = 123;
const NTP_REQUEST = Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47)]);
interface Probe {
  source: string;
  address: string;
  protocol: "tcp" | "udp";
  port: number;
}
const probes = JSON.parse(await text(process.stdin)) as Probe[];
const refused = (e: unknown) => (e as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";

const tcp = ({ source, address, port }: Probe) =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect({ host: address, port, localAddress: source, timeout: WAIT_MS });
    const done = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(false));
    socket.once("error", (e) => done(refused(e)));
  });

const udp = ({ source, address, port }: Probe) =>
  new Promise<boolean>((resolve) => {
    const socket = dgram.createSocket(address.includes(":") ? "udp6" : "udp4");
    const timer = setTimeout(() => done(false), WAIT_MS);
    const done = (reached: boolean) => {
      clearTimeout(timer);
      socket.close();
      resolve(reached);
    };
    socket.once("message", () => done(true));
    socket.once("error", (e) => done(refused(e)));
    socket.bind({ address: source }, () =>
      socket.connect(port, address, (e?: Error) => (e ? done(false) : socket.send(port === NTP ? NTP_REQUEST : "?"))),
    );
  });

let left = probes.map((p, index) => ({ ...p, index }));
const reached: number[] = [];
for (let i = 0; i < TRIES && left.length > 0; i++) {
  const answered = await Promise.all(left.map((p) => (p.protocol === "tcp" ? tcp(p) : udp(p))));
  reached.push(...left.filter((_, at) => answered[at]).map((p) => p.index));
  left = left.filter((_, at) => !answered[at]);
}
process.stdout.write(JSON.stringify(reached.sort((a, b) => a - b)));
