// SSH brute force (ATT&CK T1110.001) from sshd's log: as many refused log-ins by one source within the window as the plan
// allows, and then, while it goes on, one more sighting at most every ten seconds. `count` is what came since the sighting
// before, so that counts add up; `total` stands in the evidence. Pure: time comes in, memory is bounded whatever the log says.
import type { Detector, Remembered, Sighting } from "../check.ts";
import { parseSshFailure, type SshFailure } from "../wire/sshd-log.ts";

const REPEAT_MS = 10_000;
const MAX_SOURCES = 4_096;
const MAX_CONNECTIONS = 64;

interface Source {
  /** Failures within the window by tick, until the attack is told: fewer than the threshold, however many come. */
  recent: { at: number; failures: number }[];
  /** Failures since the sighting before, and of the whole attack. */
  untold: number;
  total: number;
  lastAt: number;
  toldAt: number | undefined;
  /** By port: a sign counted one failure, which the first attempt of the same connection must not count again. */
  connections: Map<number, "sign" | "attempt">;
}

type Kept = [
  address: string,
  recent: [ageMs: number, failures: number][],
  untold: number,
  total: number,
  lastAgeMs: number,
  toldAgeMs: number | null,
  connections: [port: number, kind: "sign" | "attempt"][],
];

export const sshBruteForce: Detector<"ssh-log"> = {
  id: "ssh-brute-force",
  kind: "ssh-log",
  clauses: ["MITRE ATT&CK T1110", "Decree 331/2026/NĐ-CP art. 31"],
  start({ expects: { failures, windowMs } }, before) {
    /** In order of their latest failure. */
    const sources = before ? recall(before) : new Map<string, Source>();
    return {
      step(lines, now) {
        for (const line of lines) {
          const failure = parseSshFailure(line);
          if (failure) count(sources, failure, now);
        }
        forget(sources, now - windowMs);
        return [...sources].flatMap(([address, source]) => tell(address, source, now, failures, windowMs));
      },
      memory: (now) => remember(sources, now),
    };
  },
};

function count(sources: Map<string, Source>, { source: address, port, weight }: SshFailure, now: number) {
  const source = sources.get(address) ?? fresh();
  sources.delete(address);
  sources.set(address, source);
  if (sources.size > MAX_SOURCES) sources.delete(sources.keys().next().value!);
  source.lastAt = now;
  const before = source.connections.get(port);
  source.connections.delete(port);
  source.connections.set(port, before === "attempt" ? "attempt" : weight);
  if (source.connections.size > MAX_CONNECTIONS) source.connections.delete(source.connections.keys().next().value!);
  if (weight === "sign" ? before !== undefined : before === "sign") return;
  if (source.toldAt !== undefined) {
    source.untold++;
    return;
  }
  const last = source.recent.at(-1);
  if (last?.at === now) last.failures++;
  else source.recent.push({ at: now, failures: 1 });
}

const fresh = (): Source => ({
  recent: [],
  untold: 0,
  total: 0,
  lastAt: 0,
  toldAt: undefined,
  connections: new Map(),
});

function forget(sources: Map<string, Source>, before: number) {
  for (const [address, source] of sources) {
    source.recent = source.recent.filter(({ at }) => at >= before);
    // What was not told of a running attack is told first, however late.
    if (source.lastAt < before && source.untold === 0) sources.delete(address);
  }
}

function tell(actor: string, source: Source, now: number, failures: number, windowMs: number): Sighting[] {
  const isFirst = source.toldAt === undefined;
  const count = isFirst ? source.recent.reduce((sum, tick) => sum + tick.failures, 0) : source.untold;
  const isDue = isFirst ? count >= failures : count > 0 && now - source.toldAt! >= REPEAT_MS;
  if (!isDue) return [];
  source.recent = [];
  source.untold = 0;
  source.toldAt = now;
  source.total += count;
  const evidence = { total: source.total, windowSeconds: Math.round(windowMs / 1_000) };
  const attack = ["T1110.001"];
  return [{ detector: sshBruteForce.id, class: "ssh-brute-force", severity: "high", actor, attack, count, evidence }];
}

/** Times are kept as ages: the clock of the next life begins somewhere else. */
function remember(sources: Map<string, Source>, now: number): string {
  return JSON.stringify(
    [...sources].map(
      ([address, s]): Kept => [
        address,
        s.recent.map(({ at, failures }) => [now - at, failures]),
        s.untold,
        s.total,
        now - s.lastAt,
        s.toldAt === undefined ? null : now - s.toldAt,
        [...s.connections],
      ],
    ),
  );
}

function recall({ memory, agoMs, nowMs }: Remembered): Map<string, Source> {
  const then = nowMs - Math.max(0, agoMs);
  try {
    const kept = JSON.parse(memory) as Kept[];
    return new Map(
      kept.map(([address, recent, untold, total, lastAge, toldAge, connections]) => [
        address,
        {
          recent: recent.map(([age, failures]) => ({ at: then - age, failures })),
          untold,
          total,
          lastAt: then - lastAge,
          toldAt: toldAge === null ? undefined : then - toldAge,
          connections: new Map(connections),
        },
      ]),
    );
  } catch {
    // Damaged, or of another version: what was counted is counted anew.
    return new Map();
  }
}
