// A release of the agent, as a text that a shell script reads as easily as a program: a line a fact. Signed by a key that no console
// holds (Ed25519 over the text's bytes); the payload's hash is in it, so that the signature covers every byte.

export interface Release {
  version: string;
  /** Rises with each release; an agent never goes back to a lower one. Seconds since 1970 of its making. */
  serial: number;
  /** As Node names it: what the binary in it runs on. */
  arch: string;
  /** Bytes of the payload, and its hash (hex). */
  bytes: number;
  sha256: string;
}

const HEAD = "vonggac-release 1";
const LINES: [keyof Release, RegExp][] = [
  ["version", /^[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$/],
  ["serial", /^[1-9][0-9]{0,14}$/],
  ["arch", /^[a-z0-9]{1,16}$/],
  ["bytes", /^[1-9][0-9]{0,14}$/],
  ["sha256", /^[0-9a-f]{64}$/],
];

export const releaseText = (release: Release): string =>
  [HEAD, ...LINES.map(([name]) => `${name} ${release[name]}`), ""].join("\n");

/** The release that a text tells of; undefined where it is no such text, to the byte. */
export function parseRelease(text: string): Release | undefined {
  const lines = text.split("\n");
  if (lines.length !== LINES.length + 2 || lines[0] !== HEAD || lines.at(-1) !== "") return undefined;
  const facts: Partial<Record<keyof Release, string | number>> = {};
  for (const [i, [name, shape]] of LINES.entries()) {
    const [key, value = "", ...more] = lines[i + 1]!.split(" ");
    if (key !== name || more.length > 0 || !shape.test(value)) return undefined;
    facts[name] = name === "serial" || name === "bytes" ? Number(value) : value;
  }
  return facts as Release;
}
