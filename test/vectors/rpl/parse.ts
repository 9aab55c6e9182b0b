/**
 * Reads a .rpl file. Line based; keywords of both dialects; a keyword that is not known throws Skip with its name.
 */

import { DnsError, type ResourceRecord } from "../../../agent/wire/dns/index.ts";
import { parseQuestion, parseRecords, type TextQuestion } from "../../../agent/wire/dns/text/record.ts";
import {
  type Entry,
  type Option,
  type Packet,
  type Range,
  type Scenario,
  type ScenarioStep,
  type SectionName,
  Skip,
  type StepType,
} from "./syntax.ts";

/** Throws Skip for unknown syntax; Error for a file that is no scenario. */
export function parseScenario(text: string): Scenario {
  return new Parser(text).scenario();
}

const STEP_TYPES: readonly StepType[] = [
  "NOTHING",
  "QUERY",
  "CHECK_ANSWER",
  "CHECK_OUT_QUERY",
  "REPLY",
  "TIMEOUT",
  "ERROR",
  "TIME_PASSES",
  "TRAFFIC",
];
const WITH_ENTRY: readonly StepType[] = ["QUERY", "CHECK_ANSWER", "CHECK_OUT_QUERY", "REPLY"];
const CLAUSES = [
  "server",
  "stub-zone",
  "forward-zone",
  "auth-zone",
  "remote-control",
  "view",
  "python",
  "rpz",
  "dnscrypt",
  "cachedb",
  "dnstap",
  "ipset",
  "dynlib",
];

class Parser {
  private readonly lines: readonly string[];
  private at = 0;
  private origin: string | undefined;
  private defaultTtl = 3600;

  constructor(text: string) {
    this.lines = text.split(/\r?\n/);
  }

  scenario(): Scenario {
    const options = this.config();
    const begin = this.nextLine();
    const title = /^SCENARIO_BEGIN\s*(.*)$/.exec(begin ?? "")?.[1];
    if (title === undefined) throw new Error(`line ${this.at}: expected SCENARIO_BEGIN`);
    const ranges: Range[] = [];
    const steps: ScenarioStep[] = [];
    for (let line = this.nextLine(); line !== undefined; line = this.nextLine()) {
      const [keyword, ...words] = line.split(/\s+/);
      if (keyword === "SCENARIO_END") return { title: title.trim(), options, ranges, steps };
      if (keyword === "RANGE_BEGIN") ranges.push(this.range(words));
      else if (keyword === "STEP") steps.push(this.step(words));
      else throw new Skip(`keyword ${keyword}`);
    }
    throw new Error("SCENARIO_END is missing");
  }

  /** The next line with something on it, trimmed and without its comment; undefined at the end. */
  private nextLine(): string | undefined {
    while (this.at < this.lines.length) {
      const line = withoutComment(this.lines[this.at++]!).trim();
      if (line) return line;
    }
    return undefined;
  }

  private config(): Option[] {
    const options: Option[] = [];
    let clause = "";
    let clauseIndex = 0;
    for (let line = this.nextLine(); line !== undefined; line = this.nextLine()) {
      if (line.startsWith("CONFIG_END")) return options;
      if (line.startsWith("COMMANDLINE")) throw new Skip("keyword COMMANDLINE");
      if (line.startsWith("AUTOTRUST_FILE")) throw new Skip("keyword AUTOTRUST_FILE");
      if (line.startsWith("TEMPFILE_CONTENTS")) throw new Skip("keyword TEMPFILE_CONTENTS");
      // Unbound's files may put an option on the clause's own line: `server: key: value`.
      for (let rest = line; rest; ) {
        const opened = /^([a-z0-9-]+):\s*(.*)$/.exec(rest);
        if (!opened) throw new Skip(`configuration line ${rest.split(/\s/)[0]}`);
        if (CLAUSES.includes(opened[1]!)) {
          clause = opened[1]!;
          clauseIndex++;
          rest = opened[2]!;
        } else {
          const [value, others] = splitOption(opened[2]!);
          options.push({ clause, clauseIndex, key: opened[1]!, value: uncommented(value), line: this.at });
          rest = others;
        }
      }
    }
    throw new Error("CONFIG_END is missing");
  }

  /** `RANGE_BEGIN from to [address …]`, addresses on lines of their own too. */
  private range([from, to, ...addresses]: string[]): Range {
    const entries: Entry[] = [];
    for (let line = this.nextLine(); line !== undefined; line = this.nextLine()) {
      const [keyword, value] = line.split(/\s+/);
      if (keyword === "RANGE_END") return { from: Number(from), to: Number(to), addresses, entries };
      if (keyword === "ADDRESS") addresses.push(value!);
      else if (keyword!.startsWith("ENTRY_BEGIN")) entries.push(this.entry());
      else if (!this.directive(line)) throw new Skip(`keyword ${keyword}`);
    }
    throw new Error("RANGE_END is missing");
  }

  private step([id, word, ...rest]: readonly string[]): ScenarioStep {
    const line = this.at;
    const type = STEP_TYPES.find((known) => known === word);
    if (!type) throw new Skip(`step ${word}`);
    const elapse = type === "TIME_PASSES" ? elapseOf(rest) : 0;
    let address = rest[0] === "ADDRESS" ? rest[1] : undefined;
    const needsEntry = WITH_ENTRY.includes(type);
    if (needsEntry) {
      let next = this.nextLine();
      const given = /^ADDRESS\s+(\S+)/.exec(next ?? "");
      if (given) {
        address = given[1];
        next = this.nextLine();
      }
      if (!next?.startsWith("ENTRY_BEGIN")) throw new Error(`line ${this.at}: expected ENTRY_BEGIN`);
    }
    const entry = needsEntry ? this.entry() : undefined;
    return { id: Number(id), line, type, address, elapseSeconds: elapse, entry };
  }

  private directive(line: string): boolean {
    const [keyword, value] = line.split(/\s+/);
    if (keyword === "$ORIGIN") this.origin = value;
    else if (keyword === "$TTL") this.defaultTtl = Number(value);
    else return false;
    return true;
  }

  private entry(): Entry {
    const line = this.at;
    const match: string[] = [];
    const adjust: string[] = [];
    const reply: string[] = [];
    const sections: Partial<Record<SectionName, string[]>> = {};
    let section: SectionName = "question";
    let raw: Uint8Array | undefined;
    let mandatory = false;
    for (;;) {
      const text = this.nextLine();
      if (text === undefined) throw new Error(`line ${line}: ENTRY_END is missing`);
      const [keyword, ...words] = text.split(/\s+/) as [string, ...string[]];
      if (keyword === "ENTRY_END") break;
      if (keyword === "MATCH") match.push(...words);
      else if (keyword === "ADJUST") adjust.push(...words.map(knownAdjustment));
      else if (keyword === "REPLY") reply.push(...words);
      else if (keyword === "MANDATORY") mandatory = true;
      else if (keyword === "SECTION") {
        section = sectionOf(words[0]);
        sections[section] ??= [];
      } else if (keyword === "HEX_ANSWER_BEGIN") raw = this.hex("HEX_ANSWER_END");
      else if (keyword === "RAW") raw = Buffer.from(this.nextLine() ?? "", "hex");
      else if (/^(EXTRA_PACKET|HEX_EDNSDATA_BEGIN|HEX_EDNS_BEGIN|TSIG)$/.test(keyword)) {
        throw new Skip(`keyword ${keyword}`);
      } else if (!this.directive(text)) {
        sections[section] ??= [];
        sections[section]!.push(this.recordLine());
      }
    }
    return { line, match, adjust, reply, packet: this.packet(sections, raw), mandatory };
  }

  /** A record's text with its quotes and parentheses, which may go over several lines. */
  private recordLine(): string {
    let text = withoutComment(this.lines[this.at - 1]!);
    while ((text.match(/\(/g)?.length ?? 0) > (text.match(/\)/g)?.length ?? 0) && this.at < this.lines.length) {
      text += `\n${withoutComment(this.lines[this.at++]!)}`;
    }
    return text.trim();
  }

  private hex(end: string): Uint8Array {
    let digits = "";
    while (this.at < this.lines.length) {
      const line = this.lines[this.at++]!;
      if (line.trim().startsWith(end)) return Buffer.from(digits, "hex");
      digits += line.replace(/;.*/, "").replace(/[^0-9a-fA-F]/g, "");
    }
    throw new Error(`${end} is missing`);
  }

  private packet(sections: Partial<Record<SectionName, string[]>>, raw: Uint8Array | undefined): Packet {
    const options = { defaultTtl: this.defaultTtl, ...(this.origin === undefined ? {} : { origin: this.origin }) };
    const known = <T>(read: () => T): T => {
      try {
        return read();
      } catch (error) {
        if (error instanceof DnsError)
          throw new Skip(`record syntax: ${error.message.replace(/\d+/g, "N").slice(0, 60)}`);
        throw error;
      }
    };
    const records = (name: SectionName): ResourceRecord[] | undefined =>
      sections[name]?.flatMap((line) => known(() => parseRecords(line, options)));
    const question = sections.question?.map((line): TextQuestion => known(() => parseQuestion(line, options)));
    return {
      question,
      answer: records("answer"),
      authority: records("authority"),
      additional: records("additional"),
      raw,
    };
  }
}

function knownAdjustment(word: string): string {
  if (/^(copy_id|copy_query|raw_id|do_not_answer)$/.test(word)) return word;
  throw new Skip(`ADJUST ${word.replace(/=.*/, "")}`);
}

function sectionOf(word: string | undefined): SectionName {
  const name = word?.toLowerCase();
  if (name === "question" || name === "answer" || name === "authority" || name === "additional") return name;
  throw new Skip(`section ${word}`);
}

function elapseOf(words: readonly string[]): number {
  if (words[0] !== "ELAPSE" || !/^\d+(\.\d+)?$/.test(words[1] ?? "")) throw new Skip(`step TIME_PASSES ${words[0]}`);
  return Number(words[1]);
}

/** A line without its comment; a semicolon between quotes is none. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === '"') quoted = !quoted;
    else if (line[at] === ";" && !quoted) return line.slice(0, at);
    else if (line[at] === "#" && !quoted && line.slice(0, at).trim() === "") return "";
  }
  return line;
}

/** The text of one value, and what follows it on the line when that is another option: `name: "." forward-addr: 192.0.2.1`. */
function splitOption(text: string): [value: string, others: string] {
  const next = /^((?:"[^"]*"|'[^']*'|[^"'#])*?)\s+([a-z][a-z0-9-]*:\s.*)$/.exec(text);
  return next ? [next[1]!, next[2]!] : [text, ""];
}

/** An option's value: quotes off, a `#` comment off. */
function uncommented(value: string): string {
  const quoted = /^"([^"]*)"/.exec(value) ?? /^'([^']*)'/.exec(value);
  if (quoted) return quoted[1]!.trim();
  return value.replace(/\s#.*$/, "").trim();
}
