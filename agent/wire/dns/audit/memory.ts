/**
 * What one look at a zone leaves for the next: since when a stage of a rollover lasts, and the rhythm in which signatures are renewed.
 * The caller keeps it, as text; without it a look tells less and nothing wrong. Pure; bounded.
 */
import { createHash } from "node:crypto";
import { TYPE } from "../types.ts";
import { label, type ZoneSeen } from "./seen.ts";
import { stagesOf } from "./stage.ts";
import { bestOf, type JudgedRrset, zoneCds } from "./table.ts";

const MAX_SETS = 300;
const MAX_STAGES = 16;
const MAX_TEXT = 65_536;

export interface LookMemory {
  /** First seen at, Unix seconds, by stage and key tags. */
  readonly since: Readonly<Record<string, number>>;
  /** Longest age in seconds that a signature over unchanged data reached before it was renewed; 0 until one was seen. */
  readonly rhythmSeconds: number;
  /** Inception of the signature and a digest of the data, by RRset. */
  readonly signed: Readonly<Record<string, readonly [number, string]>>;
}

export const NOTHING_KNOWN: LookMemory = { since: {}, rhythmSeconds: 0, signed: {} };

/** What is to be waited for, by a key that stays the same while it lasts: stages of keys, and a request to the parent. */
export function lastingThings(
  seen: ZoneSeen,
  rrsets: readonly JudgedRrset[],
): { key: string; what: string; keyTags: readonly number[] }[] {
  const stages = stagesOf(seen, rrsets).map(({ name, keyTags }) => ({
    key: `${name} ${keyTags.join(" ")}`,
    what: name,
    keyTags,
  }));
  const { cds, differs } = zoneCds(seen);
  if (!differs) return stages;
  return [
    ...stages,
    {
      key: `cds ${digest(
        cds
          .map(({ rdata }) => Buffer.from(rdata).toString("hex"))
          .sort()
          .join(),
      )}`,
      what: "cds",
      keyTags: [],
    },
  ];
}

/** The memory after this look. */
export function remember(
  seen: ZoneSeen,
  rrsets: readonly JudgedRrset[],
  before: LookMemory = NOTHING_KNOWN,
): LookMemory {
  const now = seen.atSeconds;
  const since: Record<string, number> = {};
  for (const { key } of lastingThings(seen, rrsets).slice(0, MAX_STAGES))
    since[key] = Math.min(before.since[key] ?? now, now);
  const signed: Record<string, readonly [number, string]> = {};
  let rhythm = before.rhythmSeconds;
  for (const set of rrsets) {
    const key = label(set);
    const inception = inceptionOf(set, now);
    if (inception === undefined || set.type === TYPE.DNSKEY || set.type === TYPE.SOA) continue;
    if ((signed[key]?.[0] ?? 0) >= inception || (!signed[key] && Object.keys(signed).length >= MAX_SETS)) continue;
    const content = digest(set.content);
    const known = before.signed[key];
    // Data that changed were signed for that, and say nothing of the rhythm.
    if (known && known[1] === content && inception > known[0]) rhythm = Math.max(rhythm, inception - known[0]);
    signed[key] = [inception, content];
  }
  return { since, rhythmSeconds: rhythm, signed };
}

/** When the best signature was made, as it says itself. */
export function inceptionOf(set: JudgedRrset, nowSeconds: number): number | undefined {
  const best = bestOf(set);
  return best && nowSeconds + best.secondsLeft - best.lifetime;
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 12);

export const memoryText = (memory: LookMemory): string => JSON.stringify(memory);

/** A memory out of its text; nothing known when it is none of ours. */
export function readMemory(text: string | undefined): LookMemory {
  if (text === undefined || text.length > MAX_TEXT) return NOTHING_KNOWN;
  try {
    const { since, rhythmSeconds, signed } = JSON.parse(text) as Partial<LookMemory>;
    const isWhole =
      isRecord(since, (one) => typeof one === "number") &&
      typeof rhythmSeconds === "number" &&
      isRecord(signed, (one) => Array.isArray(one) && typeof one[0] === "number" && typeof one[1] === "string");
    return isWhole ? { since: since!, rhythmSeconds, signed: signed! } : NOTHING_KNOWN;
  } catch {
    return NOTHING_KNOWN;
  }
}

const isRecord = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(fits);
