// The timeline of an incident to hand on: what the machine decided, what people did, whom it was told; in one order, in one
// language, as JSON, CSV or a page to print. Pure.
//
// - CSV is safe to open in a spreadsheet: a cell that could be read as a formula gets an apostrophe (OWASP, CSV injection).
// - The page stands alone: no script, no address outside, everything that came from outside escaped.
import type { CaseState, Casework, Intent, WorkEvent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import { type Language, type TextFacts, text, textIfKnown } from "../../protocol/locales/index.ts";
import type { Bilingual } from "../../protocol/registry.ts";
import { localTime, type Names, reasonText } from "../words.ts";

export interface TimelineSource {
  incident: Incident;
  work: Casework;
  state: CaseState;
  events: WorkEvent[];
  intents: Intent[];
  natures: Record<string, Bilingual>;
  grades: Record<string, Bilingual>;
}

export interface TimelineRow {
  /** ISO 8601 with Vietnam's offset. */
  at: string;
  by: string;
  what: string;
  why: string;
}

const OFFSET_MS = 7 * 3_600_000;
const isoTime = (at: number): string => new Date(at + OFFSET_MS).toISOString().replace("Z", "+07:00");

/** All rows, oldest first; equals keep the order machine, people, told. */
export function timelineRows(s: TimelineSource, language: Language, names: Names): TimelineRow[] {
  const by = (who: string) => (who === "machine" ? text(language, "incident.by.machine") : who);
  const rows = [
    ...s.incident.history.map((e) => ({
      time: e.at,
      by: by(e.by),
      what: textIfKnown(language, `event.${e.what}`) ?? e.what,
      why: reasonText(language, e.reason, names),
    })),
    ...s.events.map((e) => ({
      time: e.at,
      by: by(e.by),
      what: textIfKnown(language, `work.${e.kind}`) ?? e.kind,
      why: detailText(s, e, language),
    })),
    ...s.intents.map((i) => ({
      time: i.at,
      by: by("machine"),
      what: textIfKnown(language, `intent.${i.kind}`) ?? i.kind,
      why: [
        i.to.join(", "),
        reasonText(language, i.reason, names),
        i.suppressedBy ? text(language, "intent.suppressed", { silence: i.suppressedBy }) : "",
      ]
        .filter((part) => part !== "")
        .join(" · "),
    })),
  ];
  return rows
    .sort((a, b) => a.time - b.time)
    .map(({ time, by: who, what, why }) => ({ at: isoTime(time), by: who, what, why }));
}

/** What a line of the work says besides its kind. */
function detailText(s: TimelineSource, e: WorkEvent, language: Language): string {
  const d = e.detail;
  const many = (v: unknown): string[] => (Array.isArray(v) ? v.map(String) : v === undefined ? [] : [String(v)]);
  const of = (table: Record<string, Bilingual>, v: unknown) =>
    many(v)
      .map((id) => table[id]?.[language] ?? id)
      .join(", ");
  switch (e.kind) {
    case "classification-proposed":
    case "classification-confirmed":
    case "classification-corrected": {
      const words = e.kind === "classification-proposed" && language === "en" ? d["reasonEn"] : d["reason"];
      return [of(s.natures, d["nature"]), of(s.grades, d["grades"]), many(words).join()].filter(Boolean).join(" · ");
    }
    case "notice-sent": {
      const clock = s.work.clocks.find((c) => c.id === d["clock"]);
      const late = d["late"] === "yes" ? text(language, "work.late") : "";
      return [clock?.title[language] ?? d["clock"], d["to"], d["reference"], localTime(Number(d["sentAt"])), late]
        .filter(Boolean)
        .join(" · ");
    }
    case "task-done":
    case "task-skipped":
    case "task-reopened":
      return [language === "en" ? d["textEn"] : d["text"], d["reason"]].filter(Boolean).join(" · ");
    default:
      return Object.values(d)
        .map((v) => many(v).join(", "))
        .filter(Boolean)
        .join(" · ");
  }
}

const clauseText = (clause: string, language: Language): string =>
  clause
    .replaceAll("Law ", `${text(language, "status.clause.law")} `)
    .replaceAll("Decree ", `${text(language, "status.clause.decree")} `)
    .replaceAll("art. ", `${text(language, "status.clause.article")} `);

export const timelineJson = (s: TimelineSource, language: Language, names: Names): string =>
  `${JSON.stringify({ language, incident: s.incident, work: s.work, tasks: s.state.tasks, evidence: s.state.evidence, timeline: timelineRows(s, language, names) }, null, 2)}\n`;

/** RFC 4180 with a byte order mark, which spreadsheets need to see UTF-8. */
export function timelineCsv(s: TimelineSource, language: Language, names: Names): string {
  const head = (["time", "by", "what", "why"] as const).map((k) => text(language, `timeline.${k}`));
  const rows = timelineRows(s, language, names).map((r) => [r.at, r.by, r.what, r.why]);
  return `\ufeff${[head, ...rows].map((r) => r.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

export function csvCell(value: string): string {
  // A leading sign of a formula, also behind blanks, would be run by a spreadsheet.
  const safe = /^[\s]*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}

const escaped = (value: string): string =>
  value.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);

/** A page for A4 that needs nothing but itself. */
export function timelineHtml(s: TimelineSource, language: Language, names: Names): string {
  const t = (key: Parameters<typeof text>[1], facts?: TextFacts) => escaped(text(language, key, facts));
  const { incident: i, work, state } = s;
  const agencies = (ids: string[]) => escaped(ids.map((id) => names.get(id)?.[language] ?? id).join(", ")) || "–";
  const facts: [string, string][] = [
    [t("timeline.state"), `${t(`state.${i.state}`)} · ${t(`severity.${i.severity}`)}`],
    [
      t("timeline.nature"),
      [s.natures[work.classification.nature], ...work.classification.grades.map((g) => s.grades[g])]
        .map((b) => escaped(b?.[language] ?? ""))
        .join(" · ") + (work.classification.confirmed ? "" : ` (${t("work.unconfirmed")})`),
    ],
    [t("timeline.detected"), localTime(i.detectedAt)],
    [t("timeline.opened"), localTime(i.openedAt)],
    ...(i.recoveredAt === undefined ? [] : [[t("incident.ended"), localTime(i.recoveredAt)] as [string, string]]),
    ...(i.closedAt === undefined ? [] : [[t("incident.closed"), localTime(i.closedAt)] as [string, string]]),
    [t("incident.owner"), escaped(i.owner ?? text(language, "incident.owner.none"))],
    ...(i.campaign === undefined ? [] : [[t("work.campaign"), escaped(i.campaign)] as [string, string]]),
    [t("impact.lost"), agencies(i.impact.lost)],
    [t("impact.degraded"), agencies(i.impact.degraded)],
    [t("impact.affected"), agencies(i.impact.affected)],
    ...(i.resolution === undefined ? [] : [[t("incident.resolution"), escaped(i.resolution)] as [string, string]]),
  ];
  const table = (head: string[], rows: string[][], kind = "") =>
    `<table class="${kind}"><thead><tr>${head.map((h) => `<th>${h}</th>`).join("")}</tr></thead><tbody>${rows
      .map((r) => `<tr>${r.map((c) => `<td>${c}</td>`).join("")}</tr>`)
      .join("")}</tbody></table>`;
  const clocks = work.clocks.map((c) => [
    `${escaped(c.title[language])}<br><small>${escaped(clauseText(c.source, language))} [${c.mark}]</small>`,
    c.dueAt === undefined ? "–" : localTime(c.dueAt),
    c.metAt === undefined ? t("clock.open") : `${localTime(c.metAt)} · ${escaped(c.metBy ?? "")}`,
  ]);
  const tasks = state.tasks.map((k) => [
    t(`task.phase.${k.phase}`),
    escaped(k.text[language]) + (k.reason ? `<br><small>${escaped(k.reason)}</small>` : ""),
    `${t(`task.${k.state}`)}${k.by ? ` · ${escaped(k.by)}` : ""}`,
  ]);
  const evidence = state.evidence.map((e) => [
    `${escaped(e.name)}<br><small>${e.sha256}</small>`,
    `${escaped(e.type)} · ${e.bytes} B`,
    `${localTime(e.at)} · ${escaped(e.by)}`,
  ]);
  const rows = timelineRows(s, language, names).map((r) => [
    escaped(localTime(Date.parse(r.at))),
    escaped(r.by),
    `<strong>${escaped(r.what)}</strong><br>${escaped(r.why)}`,
  ]);
  const part = (title: string, body: string, any: boolean) => (any ? `<h2>${title}</h2>${body}` : "");
  const name = `${i.id} · ${i.cause.name[language]}${i.cause.actor ? ` ← ${i.cause.actor}` : ""}`;
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${escaped(name)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
@page { size: A4; margin: 18mm 16mm; }
body { font: 11pt/1.45 "Times New Roman", "Liberation Serif", serif; color: #111; max-width: 178mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 12.5pt; margin: 7mm 0 2mm; break-after: avoid; }
p.kind { margin: 0; color: #444; }
dl { display: grid; grid-template-columns: 48mm 1fr; gap: 1mm 4mm; margin: 4mm 0; } dt { color: #444; } dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: 10pt; } thead { display: table-header-group; }
th, td { text-align: left; vertical-align: top; border-bottom: .25mm solid #bbb; padding: 1.2mm 2mm 1.2mm 0; overflow-wrap: anywhere; }
tr { break-inside: avoid; } td:first-child { width: 34mm; } td:last-child { width: auto; }
.events td:nth-child(2) { width: 26mm; } .wide td:first-child { width: 90mm; } small { color: #555; }
</style></head><body>
<p class="kind">${t("timeline.title")} · ${t("timeline.zone")}</p><h1>${escaped(name)}</h1>
<dl>${facts.map(([k, v]) => `<dt>${k}</dt><dd>${v}</dd>`).join("")}</dl>
${part(t("clock.title"), table([t("clock.what"), t("clock.due"), t("clock.met")], clocks, "wide"), clocks.length > 0)}
${part(t("timeline.events"), table([t("timeline.time"), t("timeline.by"), t("timeline.what")], rows, "events"), true)}
${part(t("task.title"), table([t("task.phase"), t("task.what"), t("task.state")], tasks), tasks.length > 0)}
${part(t("work.evidence"), table([t("work.file"), t("work.type"), t("work.received")], evidence, "wide"), evidence.length > 0)}
</body></html>
`;
}
