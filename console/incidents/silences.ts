// Silences and maintenance windows: judged before they begin, and shown beforehand with what they would match. Pure.
import type { CaseRefusal } from "../../protocol/casework.ts";
import { type Incident, phaseOf, type Registry, type Silence, type Subject } from "../../protocol/index.ts";
import { isActive, type Matcher, matches } from "../../protocol/silence.ts";
import { workingDaysBetween } from "./calendar.ts";
import type { Holidays } from "./schema.ts";

/** A silence is no way to switch a province off. */
const LONGEST_MS = { silence: 7 * 86_400_000, maintenance: 30 * 86_400_000 };

export interface AskedSilence {
  kind: Silence["kind"];
  matchers: Matcher[];
  from: number;
  until: number;
  reason: string;
  /** Needed where a planned downtime is announced later than the rule asks. */
  lateNotice?: string;
}

/** Why it may not be; undefined when it may. `noticeDays`: working days between now and its begin. */
export function refusalOfSilence(
  asked: AskedSilence,
  holidays: Holidays,
  now: number,
): { code: CaseRefusal; detail?: string } | undefined {
  if (asked.reason.trim() === "") return { code: "reason-required" };
  if (!(asked.until > asked.from) || asked.until <= now) return { code: "silence-end-required" };
  if (asked.until - asked.from > LONGEST_MS[asked.kind]) return { code: "silence-too-long" };
  // One that names nothing positively would mute whatever comes.
  if (!asked.matchers.some((m) => m.op === "is" && m.field !== "severity" && m.values.length > 0))
    return { code: "silence-matches-all" };
  if (asked.kind !== "maintenance" || (asked.lateNotice ?? "").trim() !== "") return undefined;
  const days = workingDaysBetween(holidays, now, asked.from);
  if (days >= holidays.noticeWorkingDays) return undefined;
  return { code: "notice-too-late", detail: `${days}/${holidays.noticeWorkingDays} · ${holidays.noticeSource}` };
}

/** What a silence is held against, of an incident. */
export function subjectOf(registry: Registry, i: Incident): Subject {
  const asset = registry.assets.find((a) => a.id === i.cause.asset);
  const ends = asset?.kind === "link" ? asset.ends : asset && "on" in asset && asset.on.length === 1 ? asset.on : [];
  const { lost, degraded, affected } = i.impact;
  const hit = [...new Set([...lost, ...degraded, ...affected])];
  return {
    assets: [i.cause.asset, ...ends],
    agencies: hit.length > 0 ? hit : asset ? [asset.agency] : [],
    class: i.class,
    tags: [...new Set(i.evidence.map((e) => e.tag))],
    ...(i.cause.actor === undefined ? {} : { actor: i.cause.actor }),
    severity: i.severity,
  };
}

/** The silence or window that keeps an incident from alerting now. */
export const silenceFor = (silences: Silence[], registry: Registry, i: Incident, now: number): Silence | undefined => {
  const active = silences.filter((s) => isActive(s, now));
  if (active.length === 0) return undefined;
  const subject = subjectOf(registry, i);
  return active.find((s) => matches(s, subject));
};

export interface Preview {
  /** Incidents that are not closed and would be muted. */
  incidents: string[];
  /** Assets that its matchers name, directly or through what stands on them alone. */
  assets: string[];
  /** Working days between now and its begin, how many a planned downtime is announced ahead, and which rule says so. */
  noticeDays: number;
  noticeWorkingDays: number;
  noticeSource: string;
  /** Holidays in between that nobody has confirmed yet. */
  unconfirmed: string[];
}

export function previewOf(
  asked: AskedSilence,
  registry: Registry,
  unclosed: Incident[],
  holidays: Holidays,
  now: number,
): Preview {
  const silence = { ...asked, id: "preview", by: "", createdAt: now };
  const onAssets = silence.matchers.filter((m) => m.field === "asset" || m.field === "agency");
  const bare = { ...silence, matchers: onAssets };
  const assets = registry.assets.filter((a) => {
    const under = a.kind === "link" ? a.ends : "on" in a && a.on.length === 1 ? a.on : [];
    const subject: Subject = {
      assets: [a.id, ...under],
      agencies: [a.agency],
      class: "service",
      tags: [],
      severity: "high",
    };
    return onAssets.length > 0 && matches(bare, subject);
  });
  return {
    incidents: unclosed
      .filter((i) => phaseOf(i) === "open" && matches(silence, subjectOf(registry, i)))
      .map((i) => i.id),
    assets: assets.map((a) => a.id),
    noticeDays: workingDaysBetween(holidays, now, asked.from),
    noticeWorkingDays: holidays.noticeWorkingDays,
    noticeSource: holidays.noticeSource,
    unconfirmed: holidays.holidays
      .filter((h) => h.toConfirm && Date.parse(h.day) > now && Date.parse(h.day) < asked.from)
      .map((h) => `${h.day} ${h.name}`),
  };
}
