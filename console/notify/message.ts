// An intent in words: subject, one sentence, text, HTML; in the receiver's language and of no more than the receiver may know. Pure.
// The incident that comes in is already redacted for its receiver: what is not in it cannot be said here.
import type { Clock, Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import { joinList, type Language, type TextKey, text, textIfKnown } from "../../protocol/locales/index.ts";
import { tagRow } from "../../protocol/tags.ts";
import { localTime, type Names, reasonText } from "../words.ts";
import type { Message } from "./ports.ts";

export interface Saying {
  id: string;
  intent: Pick<Intent, "kind" | "at" | "reason" | "channel"> | { kind: "test"; at: number };
  /** As the receiver may know it. */
  incident: Incident | undefined;
  language: Language;
  urgent: boolean;
  names: Names;
  /** Where the screen is. */
  screenUrl: string;
}

/** Lists in a message name this many, then count. */
const NAMED = 10;
const zoned = (at: number): string => `${localTime(at)} (+07:00)`;

export function messageOf(say: Saying): Message {
  const { intent, incident, language } = say;
  // To an agency it is new when it becomes theirs; that others had it before is not theirs to know.
  const what = intent.kind === "joined" ? "opened" : intent.kind;
  const t = (key: TextKey, facts?: Record<string, string | number>) => text(language, key, facts);
  const kind = t(`notify.kind.${what}` as TextKey);
  const name = incident ? nameOf(incident, language) : "";
  const head = incident ? `${t(`severity.${incident.severity}`)}: ${kind}: ${name} (${incident.id})` : kind;
  const summary = summaryOf(say);
  const rows = incident ? factsOf(incident, say) : [[t("notify.at"), zoned(intent.at)] as Row];
  const url = incident
    ? `${say.screenUrl.replace(/\/$/, "")}/#incident/${encodeURIComponent(incident.id)}`
    : say.screenUrl;
  const foot = [t("notify.open", { url }), ...(incident?.restricted ? [t("notify.restricted")] : []), t("notify.foot")];
  return {
    id: say.id,
    kind: what,
    at: intent.at,
    urgent: say.urgent,
    language,
    subject: oneLine(`[${t("app.name")}] ${head}`),
    summary: oneLine(summary),
    text: [head, "", summary, "", ...rows.map(([k, v]) => `${k}: ${v}`), "", ...foot, ""].join("\n"),
    html: htmlOf(language, head, summary, rows, url, foot.slice(1), t("notify.open.link")),
    ...(incident ? { incident } : {}),
    url,
  };
}

type Row = [label: string, value: string];

const nameOf = ({ cause }: Incident, language: Language): string =>
  `${cause.name[language] || cause.name.vi}${cause.actor ? ` ← ${cause.actor}` : ""}`;

/** Why somebody is told. Of one's own part the evidence speaks; the centre's reasons stay at the centre. */
function summaryOf({ intent, incident, language, names }: Saying): string {
  if (intent.kind === "test") return text(language, "notify.test");
  if (incident?.restricted || OWN_WORDS.has(intent.kind)) {
    const tags = incident ? tagsOf(incident, language) : "";
    return tags === "" ? text(language, `notify.kind.${intent.kind}` as TextKey) : tags;
  }
  return reasonText(language, intent.reason, names);
}
/** What the evidence says better than the last line of the history. */
const OWN_WORDS: ReadonlySet<string> = new Set(["opened", "joined", "reopened", "recovered", "worsened"]);

function tagsOf(incident: Incident, language: Language): string {
  if (incident.declared) return incident.declared.summary;
  const tags = [...new Set(incident.evidence.map((e) => e.tag))];
  const own = tags.filter((tag) => tagRow(tag).class === incident.class || incident.class === "intrusion");
  const titles = (own.length > 0 ? own : tags).map(
    (tag) =>
      textIfKnown(language, `tag.${tag}.title`) ??
      textIfKnown(language, `detection.${tag.toLowerCase().replaceAll("_", "-")}.title`) ??
      tag,
  );
  return titles.length === 0 ? "" : `${joinList(language, titles, 3)}.`;
}

function factsOf(i: Incident, { language, names }: Saying): Row[] {
  const t = (key: TextKey, facts?: Record<string, string | number>) => text(language, key, facts);
  const places = (ids: string[]) =>
    joinList(
      language,
      ids.map((id) => names.get(id)?.[language] || names.get(id)?.vi || id),
      NAMED,
    );
  const impact = (["lost", "degraded", "affected"] as const)
    .filter((what) => i.impact[what].length > 0)
    .map((what): Row => [t(`notify.impact.${what}`), places(i.impact[what])]);
  return [
    [t("notify.class"), t(`class.${i.class}` as TextKey)],
    [t("notify.state"), t(`state.${i.state}` as TextKey)],
    [t("notify.detected"), zoned(i.detectedAt)],
    ...(i.restricted ? [] : [[t("notify.opened"), zoned(i.reopenedAt ?? i.openedAt)] as Row]),
    ...(i.recoveredAt === undefined ? [] : [[t("notify.recovered"), zoned(i.recoveredAt)] as Row]),
    ...impact,
    ...(i.owner === undefined || i.restricted ? [] : [[t("notify.owner"), i.owner] as Row]),
    ...(i.work?.clocks ?? []).filter((c) => c.metAt === undefined).map((c): Row => clockRow(c, language)),
  ];
}

const clockRow = (c: Clock, language: Language): Row => [
  text(language, "notify.clock"),
  `${c.title[language] || c.title.vi}${c.dueAt === undefined ? "" : `: ${zoned(c.dueAt)}`}`,
];

/** What goes into a header or a sentence has no line of its own to add. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const oneLine = (s: string): string => s.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ").trim();

const escaped = (value: string): string =>
  value.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);

/** Plain HTML: nothing is fetched, nothing runs. */
function htmlOf(
  language: Language,
  head: string,
  summary: string,
  rows: Row[],
  url: string,
  foot: string[],
  link: string,
): string {
  const cells = rows
    .map(
      ([k, v]) =>
        `<tr><th align="left" valign="top" style="padding:2px 12px 2px 0">${escaped(k)}</th><td>${escaped(v)}</td></tr>`,
    )
    .join("");
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escaped(head)}</title></head>
<body style="font-family:sans-serif;line-height:1.45"><h1 style="font-size:1.15em">${escaped(head)}</h1><p>${escaped(summary)}</p>
<table cellspacing="0">${cells}</table><p><a href="${escaped(url)}">${escaped(link)}</a></p>
${foot.map((f) => `<p style="color:#555">${escaped(f)}</p>`).join("")}</body></html>
`;
}
