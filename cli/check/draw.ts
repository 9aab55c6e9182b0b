// The chain from the root to the record as a tree, the servers, and what is wrong with what to do. Pure: a report in, lines out.
import type { ChainZone, DnssecFinding, DnssecReport, ServerReport } from "../../agent/tools.ts";
import { type Language, saidText, textIfKnown } from "../../protocol/locales/index.ts";
import { SEVERITIES } from "../../protocol/severity.ts";
import { spoken, text } from "../say.ts";

/** Algorithms' names as zone files write them (IANA DNS Security Algorithm Numbers). */
const ALGORITHMS: Readonly<Record<number, string>> = {
  5: "RSASHA1",
  7: "RSASHA1-NSEC3-SHA1",
  8: "RSASHA256",
  10: "RSASHA512",
  13: "ECDSAP256SHA256",
  14: "ECDSAP384SHA384",
  15: "ED25519",
  16: "ED448",
};
const DIGESTS: Readonly<Record<number, string>> = { 1: "SHA-1", 2: "SHA-256", 4: "SHA-384" };
const MARKS = { secure: "✓", insecure: "○", bogus: "✗", indeterminate: "?", unknown: "?" } as const;
const MAX_EVIDENCE = 6;

/** Lines for a terminal. */
export function drawDnssec(report: DnssecReport, language: Language): string[] {
  const { verdict } = report;
  const at = report.at;
  const title = text("check.dnssec", { name: report.name, at: day(report.at) });
  const found = report.findings.length;
  return [
    title,
    "",
    ...report.chain.flatMap((zone, depth) => [...zoneLines(zone, depth, at), ...keyLines(report, zone, depth)]),
    ...recordLine(report),
    "",
    text("check.servers"),
    ...report.servers.map((server) => serverLine(server, at)),
    "",
    found === 0 ? text("check.nothing") : text("check.found", { count: found }),
    ...report.findings.flatMap((finding) => findingLines(finding, language)),
    ...(report.skipped.length > 0 ? ["", text("check.skipped")] : []),
    ...report.skipped.map((what) => `  - ${text(`unseen.${what}`)}`),
    "",
    `${MARKS[verdict.security]} ${text("check.chain")}: ${text(`security.${verdict.security}`)}${verdict.security === "secure" ? "" : `: ${why(report)}`}`,
    ...(found === 0 ? [] : [`${RESULTS[report.exitCode]} ${text("check.in-all")}: ${tally(report, language)}`]),
  ];
}

/** A whole chain is not the end of it: the last line says how bad the findings are. */
const RESULTS = { 0: "✓", 1: "!", 2: "✗" } as const;
function tally({ findings }: DnssecReport, language: Language): string {
  const named = SEVERITIES.map((severity) => ({
    words: (textIfKnown(language, `severity.${severity}`) ?? severity).toLocaleLowerCase(language),
    count: findings.filter((finding) => finding.severity === severity).length,
  }));
  return named
    .filter(({ count }) => count > 0)
    .map(({ words, count }) => `${count} ${words}`)
    .join(", ");
}

const why = ({ verdict }: DnssecReport): string => {
  const ede = verdict.ede === undefined ? "" : ` (EDE ${verdict.ede})`;
  return `${saidText(spoken(), verdict.reason)}${ede}, ${text("check.at-zone", { zone: verdict.where.zone })}`;
};

function zoneLines(zone: ChainZone, depth: number, at: string): string[] {
  const pad = "   ".repeat(depth);
  const branch = depth === 0 ? "" : `${pad.slice(3)}└─ `;
  const reason = zone.reason ? `: ${saidText(spoken(), zone.reason)}` : "";
  const inner = `${pad}│    `;
  const name = zone.zone === "." ? text("check.root") : zone.zone;
  const out = [`${branch}${MARKS[zone.state]} ${name}  ${text(`security.${zone.state}`)}${reason}`];
  if (zone.anchor) out.push(`${inner}${text("check.anchor")}`);
  if (zone.ds.length > 0)
    out.push(
      `${inner}DS  ${zone.ds.map((d) => `${d.keyTag} ${algorithm(d.algorithm)} ${DIGESTS[d.digestType] ?? d.digestType}`).join("; ")}`,
    );
  for (const key of zone.keys)
    out.push(
      `${inner}${key.role} ${key.keyTag} ${algorithm(key.algorithm)}${key.vouched ? ` ← ${zone.ds.length > 0 ? "DS" : text("check.anchor-short")}` : ""}${key.revoked ? ` (${text("check.revoked")})` : ""}`,
    );
  if (zone.keysSignedUntil !== undefined)
    out.push(
      `${inner}${text("check.keys-until", { until: until(new Date(zone.keysSignedUntil * 1_000).toISOString(), at) })}`,
    );
  if (zone.servers.length > 0)
    out.push(`${inner}NS  ${zone.servers.slice(0, 4).join(" ")}${zone.servers.length > 4 ? " …" : ""}`);
  return out;
}

/** Who signs the anchored zone's keys, and where the keys of the zone itself stand. */
function keyLines({ anchored, stages, zone }: DnssecReport, { zone: name }: ChainZone, depth: number): string[] {
  const inner = `${"   ".repeat(depth)}│    `;
  const tags = (all: readonly number[]) => all.join(", ");
  const out: string[] = [];
  if (anchored?.zone === name && anchored.signedBy.length > 0)
    out.push(`${inner}${text("check.signed-by", { tags: tags(anchored.signedBy) })}`);
  if (zone !== name) return out;
  const lines = stages.map(({ name: stage, keyTags }) =>
    text("check.stage", { stage: text(`stage.${stage}`), tags: tags(keyTags) }),
  );
  return [...out, ...lines.map((words) => `${inner}${words}`)];
}

/** The record at the end of the chain, when a name below the apex was asked for. */
function recordLine({ name, zone, chain }: DnssecReport): string[] {
  return name === zone ? [] : [`${"   ".repeat(chain.length - 1)}└─ ${name}`];
}

function serverLine(server: ServerReport, at: string): string {
  const head = `  ${server.answers ? "✓" : "✗"} ${server.name === server.address ? "" : `${server.name} `}${server.address}`;
  if (!server.answers) return `${head}  ${text("check.no-answer")}`;
  const facts = { serial: server.serial ?? "-", good: server.good, rrsets: server.rrsets };
  const software = server.software ? `, ${server.software}` : "";
  const end = server.firstEnd ? `, ${text("check.first-end", { until: until(server.firstEnd, at) })}` : "";
  return `${head}  ${text("check.server", facts)}${end}${software}`;
}

function findingLines({ tag, severity, clause, subject, evidence }: DnssecFinding, language: Language): string[] {
  const known = (key: string) => textIfKnown(language, key);
  const facts = Object.entries(evidence)
    .slice(0, MAX_EVIDENCE)
    .map(([key, value]) => `${known(`evidence.${key}`) ?? key}: ${shown(value, language)}`);
  return [
    "",
    `  [${known(`severity.${severity}`) ?? severity}] ${known(`tag.${tag}.title`) ?? tag}`,
    `      ${subject === "." ? text("check.root") : subject}   ${tag}   ${clauseText(clause, language)}`,
    ...(facts.length > 0 ? [`      ${facts.join("; ")}`] : []),
    `      → ${known(`tag.${tag}.remedy`) ?? ""}`,
  ];
}

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** What rules say in a few fixed words is said in the reader's language; names, numbers and the rest as they are. */
function shown(value: unknown, language: Language): string {
  const say = (one: unknown) => (INSTANT.test(String(one)) ? day(String(one)) : saidText(language, String(one)));
  if (!Array.isArray(value)) return say(value);
  const words = value.map(say);
  return words.length > 4 ? `${words.slice(0, 4).join(", ")} … (${words.length})` : words.join(", ");
}

const algorithm = (number: number) => `${ALGORITHMS[number] ?? text("check.algorithm")} (${number})`;
/** The clause's words in the reader's language; numbers and names as they are. */
export const clauseText = (clause: string, language: Language): string =>
  [
    ["Circular ", "status.clause.circular"],
    ["Decree ", "status.clause.decree"],
    ["art. ", "status.clause.article"],
    ["and ", "list.and"],
  ].reduce((out, [word, key]) => out.replaceAll(word!, `${textIfKnown(language, key!) ?? word!.trim()} `), clause);
/** A time to come, or gone by, with the days until then. */
function until(iso: string, at: string): string {
  const days = Math.round(((Date.parse(iso) - Date.parse(at)) / 86_400_000) * 10) / 10;
  return `${day(iso)} (${days < 0 ? text("check.days-ago", { days: -days }) : text("check.days-left", { days })})`;
}
/** To the minute, in UTC, as signatures are dated. */
const day = (iso: string) => `${iso.slice(0, 16).replace("T", " ")}Z`;
