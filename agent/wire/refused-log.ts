// Reads one line of the log of refused packets, as ulogd writes it in the kernel's own manner (LOGEMU): KEY=value words after the
// rule's prefix. Everything in it but the prefix was the sender's to choose, none of it can hold a space. Pure.
import { type AddressText, parseAddress } from "./address.ts";

export interface Refused {
  source: AddressText;
  destination: AddressText;
  /** As the protocol is called there: TCP, UDP, ICMPv6, or its number. */
  protocol: string;
  /** Of TCP and UDP. */
  port: number | undefined;
}

const PREFIX = /\brefused (?:input|forward|output) /;

/** A refused packet, or undefined for any other line. */
export function parseRefused(line: string): Refused | undefined {
  const head = PREFIX.exec(line);
  if (!head) return undefined;
  const words = new Map<string, string>();
  for (const word of line.slice(head.index + head[0].length).split(" ")) {
    const at = word.indexOf("=");
    // The first of each: what follows may quote another packet.
    if (at > 0 && !words.has(word.slice(0, at))) words.set(word.slice(0, at), word.slice(at + 1));
  }
  const [source, destination, protocol] = ["SRC", "DST", "PROTO"].map((key) => words.get(key));
  if (!source || !destination || !protocol || !parseAddress(source) || !parseAddress(destination)) return undefined;
  const port = Number(words.get("DPT"));
  return {
    source,
    destination,
    protocol,
    port: Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined,
  };
}
