// Arithmetic on addresses and prefixes as numbers. The only file of the plan that knows how an address is written.
import { Address4, Address6 } from "ip-address";

export interface Net {
  family: 4 | 6;
  base: bigint;
  length: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/** Reads "2001:db8::/32" or "10.0.0.0/8". Throws what ip-address throws; province/ has refused such a text before. */
export function net(text: string): Net {
  const family = text.includes(":") ? 6 : 4;
  const address = family === 6 ? new Address6(text) : new Address4(text);
  return { family, base: address.startAddress().bigInt(), length: address.subnetMask };
}

/** The `index`-th prefix of length `length` within `of`. */
export function subnet(of: Net, length: number, index: number | bigint): Net {
  const shift = BigInt(WIDTH[of.family] - length);
  return { family: of.family, base: of.base + (BigInt(index) << shift), length };
}

/** The `index`-th address of a prefix. */
export const host = (of: Net, index: number | bigint): string => addressText(of.family, of.base + BigInt(index));

export const prefixText = (n: Net): string => `${addressText(n.family, n.base)}/${n.length}`;

/** RFC 5952 for IPv6. Written here and not by ip-address, which is slower by far and is called a hundred thousand times. */
function addressText(family: 4 | 6, value: bigint): string {
  if (family === 4) {
    const n = Number(value);
    return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
  }
  for (let i = 0; i < 4; i++) {
    // A quarter at a time: numbers are shifted far faster than a BigInt is.
    const quarter = Number(BigInt.asUintN(32, value >> BigInt(96 - 32 * i)));
    groups[2 * i] = quarter >>> 16;
    groups[2 * i + 1] = quarter & 0xffff;
  }
  const zeros = longestZeros();
  return zeros.count < 2 ? hex(0, 8) : `${hex(0, zeros.at)}::${hex(zeros.at + zeros.count, 8)}`;
}

/** The address that is being written; one array for a hundred thousand of them. */
const groups = new Uint16Array(8);

function hex(from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += i === from ? groups[i]!.toString(16) : `:${groups[i]!.toString(16)}`;
  return text;
}

/** RFC 5952 §4.2.3: the longest run, the first of equals. */
function longestZeros(): { at: number; count: number } {
  let best = { at: 0, count: 0 };
  for (let at = 0; at < 8; at++) {
    let count = 0;
    while (groups[at + count] === 0) count++;
    if (count > best.count) best = { at, count };
  }
  return best;
}
