// Reads one line of sshd's log. Pure. The text holds a user name of the attacker's choice, which may spell another source
// ("x from 192.0.2.1 port 22 ssh2"); sshd writes the true address behind it. So every pattern is anchored at the end of the
// line, and the address is the last one that stands there. Spaces in names are kept by sshd, line ends are not (it writes \n).
import { type AddressText, parseAddress } from "./address.ts";

export interface SshFailure {
  source: AddressText;
  port: number;
  /**
   * `attempt`: a credential was tried and refused. `sign`: the connection failed, and the attempts in it may have been told
   * already ("Invalid user" comes before its "Failed password").
   */
  weight: "attempt" | "sign";
}

/** syslog's head in both of its forms; sshd -e writes none. */
const HEAD =
  /^(?:(?:<\d+>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ sshd(?:-session)?\[\d+\]: )?/;
/** What may follow the port: the protocol, a key's print, the stage. None of it can hold the words "from" or "port". */
const END = String.raw`(\S+) port (\d{1,5})(?: ssh2(?:: \S+ \S+)?)?(?: \[preauth\])?$`;

const PATTERNS: readonly { begins: RegExp; ends: RegExp; weight: SshFailure["weight"] }[] = [
  { begins: /^Failed (?!none )\S+ for /, ends: new RegExp(` from ${END}`), weight: "attempt" },
  { begins: /^(?:Invalid|Illegal) user /, ends: new RegExp(` from ${END}`), weight: "sign" },
  {
    begins: /^(?:error: )?maximum authentication attempts exceeded for /,
    ends: new RegExp(` from ${END}`),
    weight: "sign",
  },
  {
    begins: /^(?:Connection closed|Connection reset|Disconnected) (?:by|from) (?:authenticating|invalid) user /,
    ends: new RegExp(` ${END}`),
    weight: "sign",
  },
];

/** A refused log-in, or undefined for any other line. */
export function parseSshFailure(line: string): SshFailure | undefined {
  const message = line.slice(HEAD.exec(line)![0].length);
  for (const { begins, ends, weight } of PATTERNS) {
    if (!begins.test(message)) continue;
    const match = ends.exec(message);
    const source = match?.[1];
    const port = Number(match?.[2]);
    return source && parseAddress(source) && port <= 65_535 ? { source, port, weight } : undefined;
  }
  return undefined;
}
