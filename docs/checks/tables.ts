// Writes the tables of tags into the pages beside it, out of the tables that the program itself uses, so that page and program
// cannot differ. `node docs/checks/tables.ts` writes; test/docs holds the pages to it. Touches docs/checks/*.md only.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Language, textIfKnown } from "../../protocol/locales/index.ts";
import type { Severity } from "../../protocol/severity.ts";
import { DETECTION_CLASSES, TAGS, tagRow } from "../../protocol/tags.ts";

/** Every page, with the tags that its check may give. The check `zone` gives fewer than the audit, which knows them all. */
export const PAGES: Readonly<Record<string, readonly string[]>> = {
  link: withPrefix("LINK_"),
  datacentre: withPrefix("DC_"),
  ipv6: withPrefix("IPV6_"),
  zone: [
    "ZONE_SERVER_UNREACHABLE",
    "ZONE_SERVER_REFUSES",
    "ZONE_SIGNATURE_MISSING",
    "ZONE_SIGNATURE_BOGUS",
    "ZONE_SIGNATURE_EXPIRED",
    "ZONE_SIGNATURE_EXPIRES_SOON",
  ],
  "zone-audit": withPrefix("ZONE_"),
  resolver: withPrefix("RESOLVER_"),
  certificate: withPrefix("CERT_"),
  path: withPrefix("PATH_"),
  clock: [...withPrefix("CLOCK_"), ...withPrefix("TIME_SERVER_")],
  disk: withPrefix("DISK_"),
  ra: withPrefix("RA_"),
  device: withPrefix("DEVICE_"),
  page: withPrefix("PAGE_"),
  "ssh-brute-force": [],
  "firewall-log": [],
  "route-log": [],
};

/** What detectors tell of, by the page of the detector, each with the severity that it gives. */
const DETECTIONS: Readonly<Record<string, readonly [id: string, severity: Severity][]>> = {
  "ssh-brute-force": [["ssh-brute-force", "high"]],
  "firewall-log": [
    ["port-scan", "medium"],
    ["flood", "high"],
  ],
  "route-log": [
    ["bgp-hijack", "critical"],
    ["bgp-leak", "medium"],
  ],
};

function withPrefix(prefix: string): string[] {
  return Object.keys(TAGS).filter((tag) => tag.startsWith(prefix));
}

const HEADS: Readonly<Record<Language, string>> = {
  vi: "| Phát hiện | Mức độ | Căn cứ | Cách khắc phục |",
  en: "| Finding | Severity | Basis | What to do |",
};

/** The page's text with both tables between their marks put as they must be. Throws when a mark is missing. */
export function filled(page: string, text: string): string {
  return (["vi", "en"] as const).reduce((out, language) => {
    const [begin, end] = [`<!-- tags:${language} -->`, `<!-- /tags:${language} -->`];
    const [from, to] = [out.indexOf(begin), out.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page}.md lacks ${begin} … ${end}`);
    return `${out.slice(0, from)}${begin}\n${table(page, language)}\n${out.slice(to)}`;
  }, text);
}

function table(page: string, language: Language): string {
  const detections = DETECTIONS[page]?.map(([id, severity]) => detectionLine(id, severity, language));
  const rows = detections ?? PAGES[page]!.map((tag) => tagLine(tag, language));
  return [HEADS[language], "|---|---|---|---|", ...rows].join("\n");
}

function tagLine(tag: string, language: Language): string {
  const { severity, clause } = tagRow(tag);
  const say = (key: string) => cell(textIfKnown(language, key) ?? key);
  return `| ${say(`tag.${tag}.title`)}<br>\`${tag}\` | ${say(`severity.${severity}`)} | ${cell(clauseText(clause, language))} | ${say(`tag.${tag}.remedy`)} |`;
}

function detectionLine(id: string, severity: Severity, language: Language): string {
  const say = (key: string) => cell(textIfKnown(language, key) ?? key);
  const { clause } = DETECTION_CLASSES[id]!;
  return `| ${say(`detection.${id}.title`)}<br>\`${id}\` | ${say(`severity.${severity}`)} | ${cell(clauseText(clause, language))} | ${say(`detection.${id}.remedy`)} |`;
}

const clauseText = (clause: string, language: Language): string =>
  ["Circular", "Decree", "art."].reduce((out, word) => {
    const key = `status.clause.${word === "art." ? "article" : word.toLowerCase()}`;
    return out.replaceAll(`${word} `, `${textIfKnown(language, key) ?? word} `);
  }, clause);

const cell = (text: string) => text.replaceAll("|", "\\|");

export const pathOf = (page: string): string => join(import.meta.dirname, `${page}.md`);

if (import.meta.main) {
  for (const page of Object.keys(PAGES)) writeFileSync(pathOf(page), filled(page, readFileSync(pathOf(page), "utf8")));
}
