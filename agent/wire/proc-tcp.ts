// Reads /proc/net/tcp, /proc/net/tcp6 and the TCP line of /proc/net/snmp (proc_pid_net(5), Documentation/networking/
// proc_net_tcp.rst). Pure. An address there is the memory of 32-bit words in the machine's own byte order, printed as
// numbers: on a little-endian machine 127.0.0.1 reads 0100007F, and each word of an IPv6 address is turned round for itself.
import { type Address, addressKey, unmapped } from "./address.ts";

const ESTABLISHED = "01";

/** How a session is written in a set: both ends as hexadecimal octets. */
export function sessionKey(local: Address, peer: Address): string {
  return `${addressKey(local)}>${addressKey(peer)}`;
}

/**
 * Established sessions with `port` at either end, in one of the two files. Lines that are none are passed over: the kernel
 * may cut a listing short while it changes.
 */
export function establishedSessions(text: string, port: number, littleEndian: boolean): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const found: string[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    if (!line.includes(wanted)) continue;
    const fields = line.trim().split(/ +/, 4);
    if (fields[3] !== ESTABLISHED) continue;
    const local = endpoint(fields[1]!, littleEndian);
    const peer = endpoint(fields[2]!, littleEndian);
    if (local && peer && (local.port === port || peer.port === port))
      found.push(sessionKey(local.address, peer.address));
  }
  return found;
}

function endpoint(text: string, littleEndian: boolean): { address: Address; port: number } | undefined {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(text);
  if (!match) return undefined;
  const octets = Uint8Array.from(Buffer.from(match[1]!, "hex"));
  if (littleEndian) for (let word = 0; word < octets.length; word += 4) octets.subarray(word, word + 4).reverse();
  return { address: unmapped(octets), port: Number.parseInt(match[2]!, 16) };
}

/** Counters by which a change of the set of established sessions shows without listing them. */
export interface TcpCounters {
  /** Sessions ever opened, from here and from outside. */
  opened: number;
  /** ESTABLISHED and CLOSE-WAIT now, in both families. */
  current: number;
}

/** From /proc/net/snmp; undefined when its TCP lines are not there. */
export function tcpCounters(text: string): TcpCounters | undefined {
  const lines = text.split("\n").filter((line) => line.startsWith("Tcp: "));
  const names = lines[0]?.split(" ");
  const values = lines[1]?.split(" ");
  if (!names || !values) return undefined;
  const value = (name: string) => Number(values[names.indexOf(name)] ?? Number.NaN);
  const counters = { opened: value("ActiveOpens") + value("PassiveOpens"), current: value("CurrEstab") };
  return Number.isFinite(counters.opened) && Number.isFinite(counters.current) ? counters : undefined;
}
