// Reads one line of BIRD's log: what the border's filter prints of a route that it refused because it is not its sender's
// (infra's bird-functions). Pure.

export interface FalseRoute {
  /** `own`: part of the province's own network. `bogon`: nobody's to announce. */
  what: "own" | "bogon";
  prefix: string;
  /** AS numbers, the neighbour first. */
  path: number[];
}

const LINE = /refused, (our own prefix|nobody's prefix): ([0-9a-f:.]+\/\d{1,3}) by (?:\(path )?([\d ]*)\)?$/;

/** A false route, or undefined for any other line. */
export function parseFalseRoute(line: string): FalseRoute | undefined {
  const match = LINE.exec(line.trimEnd());
  if (!match) return undefined;
  const path = match[3]!.trim().split(/\s+/).filter(Boolean).map(Number);
  return { what: match[1] === "our own prefix" ? "own" : "bogon", prefix: match[2]!, path };
}
