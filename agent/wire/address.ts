// IP addresses and prefixes as octets, for comparing what the plan writes with what the kernel says. Pure. The package
// ip-address does this and more; it costs 1.5 MiB of private memory in every agent for these sixty lines (test/ holds the two
// together). An IPv4-mapped IPv6 address is its IPv4 address: a daemon's dual-stack socket shows the same session either way.

/** 4 or 16 octets, network order. */
export type Address = Uint8Array;
/** Presentation text, e.g. "10.0.0.1", "2001:db8::1". */
export type AddressText = string;

/** Octets of an address; a zone (`%eth0`) is dropped. undefined when the text is no address. */
export function parseAddress(text: AddressText): Address | undefined {
  if (text.length > 64) return undefined;
  const bare = text.includes("%") ? text.slice(0, text.indexOf("%")) : text;
  return bare.includes(":") ? parse6(bare) : parse4(bare);
}

function parse4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parse6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  // `::` stands for one group of zeros at least (RFC 5952 §4.2.2 advises against one; parsers take it).
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return unmapped(Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]));
}

/** Octets of groups separated by colons; only the last group of all may be dotted. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const out: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const v4 = parse4(part);
      if (!v4) return undefined;
      out.push(...v4);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const value = Number.parseInt(part, 16);
      out.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return out;
}

/** ::ffff:a.b.c.d becomes a.b.c.d; all else is returned as it is. */
export function unmapped(address: Address): Address {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return address;
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return address;
  return address.subarray(12);
}

/** A text by which two addresses are equal: lower-case hexadecimal. */
export function addressKey(address: Address): string {
  return Buffer.from(address.buffer, address.byteOffset, address.length).toString("hex");
}

export interface Prefix {
  address: Address;
  /** Bits. */
  length: number;
}

/** "2001:db8::/48" as octets and length; undefined when it is no prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.lastIndexOf("/");
  const address = parseAddress(text.slice(0, Math.max(slash, 0)));
  const bits = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(bits) || Number(bits) > address.length * 8) return undefined;
  return { address, length: Number(bits) };
}

/** Does the prefix hold the address? Never across families. */
export function holds(prefix: Prefix, address: Address): boolean {
  if (prefix.address.length !== address.length) return false;
  const whole = prefix.length >> 3;
  for (let i = 0; i < whole; i++) if (prefix.address[i] !== address[i]) return false;
  const rest = prefix.length & 7;
  return rest === 0 || ((prefix.address[whole]! ^ address[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}
