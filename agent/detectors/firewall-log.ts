// Scans (ATT&CK T1046) and floods (T1498.001) by what the firewall refused: one source that knocks at many different doors within the
// window, or very often at few. The firewall writes at most ten lines a second down, so that counts are of lines, not of
// packets. While it goes on, one more sighting at most every ten seconds. Pure: memory is bounded whatever the log says.
import type { Detector, Sighting } from "../check.ts";
import { parseRefused, type Refused } from "../wire/refused-log.ts";

const REPEAT_MS = 10_000;
const MAX_SOURCES = 2_048;
const MAX_KNOCKS = 512;

type Kind = "port-scan" | "flood";
interface Source {
  /** Within the window, the oldest first. */
  knocks: { at: number; door: string }[];
  toldAt: Partial<Record<Kind, number>>;
  untold: number;
}

export const firewallLog: Detector<"firewall-log"> = {
  id: "firewall-log",
  kind: "firewall-log",
  clauses: ["MITRE ATT&CK T1046", "MITRE ATT&CK T1498.001", "Decree 331/2026/NĐ-CP art. 31"],
  start({ expects: { scanned, flooded, windowMs } }) {
    /** In order of their latest knock. */
    const sources = new Map<string, Source>();
    return {
      step(lines, now) {
        for (const line of lines) {
          const refused = parseRefused(line);
          if (refused) knock(sources, refused, now);
        }
        forget(sources, now - windowMs);
        return [...sources].flatMap(([address, source]) => tell(address, source, now, scanned, flooded));
      },
      // A new life counts anew: an attack that goes on is told again within its window.
      memory: () => "",
    };
  },
};

function knock(
  sources: Map<string, Source>,
  { source: address, destination, protocol, port }: Refused,
  now: number,
): void {
  const source = sources.get(address) ?? { knocks: [], toldAt: {}, untold: 0 };
  sources.delete(address);
  sources.set(address, source);
  if (sources.size > MAX_SOURCES) sources.delete(sources.keys().next().value!);
  source.knocks.push({ at: now, door: `${destination} ${protocol} ${port ?? ""}` });
  if (source.knocks.length > MAX_KNOCKS) source.knocks.shift();
  source.untold++;
}

function forget(sources: Map<string, Source>, before: number): void {
  for (const [address, source] of sources) {
    source.knocks = source.knocks.filter(({ at }) => at >= before);
    if (source.knocks.length === 0) sources.delete(address);
  }
}

function tell(actor: string, source: Source, now: number, scanned: number, flooded: number): Sighting[] {
  const doors = new Set(source.knocks.map(({ door }) => door));
  const kind: Kind | undefined =
    doors.size >= scanned ? "port-scan" : source.knocks.length >= flooded ? "flood" : undefined;
  if (kind === undefined || now - (source.toldAt[kind] ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return [];
  source.toldAt[kind] = now;
  const count = Math.max(1, source.untold);
  source.untold = 0;
  const evidence = { doors: doors.size, latest: source.knocks.at(-1)!.door, refused: source.knocks.length };
  const attack = [kind === "port-scan" ? "T1046" : "T1498.001"];
  const severity = kind === "port-scan" ? "medium" : "high";
  return [{ detector: firewallLog.id, class: kind, severity, actor, attack, count, evidence }];
}
