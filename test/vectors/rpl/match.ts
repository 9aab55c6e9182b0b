/**
 * MATCH: is this message what the entry says? Every element is honoured in the meaning of its dialect, or the scenario is
 * skipped by its name. Testbound: `all` is the whole message, EDNS included. Deckard: `all` is flags, rcode and the sections that the entry names.
 */
import {
  canonicalRdata,
  isWithin,
  type Message,
  nameFromWire,
  type ResourceRecord,
  TYPE,
} from "../../../agent/wire/dns/index.ts";
import { recordText } from "../../../agent/wire/dns/text/record.ts";
import { type Entry, Skip } from "./syntax.ts";
import { readReplyWords } from "./wire.ts";

export type Dialect = "unbound" | "deckard";

export interface Received {
  readonly message: Message;
  readonly transport: "udp" | "tcp";
}

/** undefined when it matches; else the first difference in words. Throws Skip for an element that is not known. */
export function mismatch(entry: Entry, received: Received, dialect: Dialect): string | undefined {
  for (const element of expand(entry, dialect)) {
    const difference = check(element, entry, received, dialect);
    if (difference !== undefined) return `${element}: ${difference}`;
  }
  return undefined;
}

function expand(entry: Entry, dialect: Dialect): string[] {
  const named = entry.match.length > 0 ? entry.match : dialect === "deckard" ? ["opcode", "qtype", "qname"] : [];
  return named.flatMap((element) => {
    if (element !== "all" && element !== "all_noedns") return [element];
    const header = ["opcode", "flags", "rcode"];
    const sections = ["question", "answer", "authority", "additional"] as const;
    // Deckard compares the sections that the entry names; testbound all of them, and EDNS.
    if (dialect === "deckard") return [...header, ...sections.filter((name) => entry.packet[name] !== undefined)];
    return [...header, ...sections, ...(element === "all" ? ["edns-as-replied"] : [])];
  });
}

const FLAG_NAMES = [
  ["response", 0x8000, "QR"],
  ["authoritative", 0x400, "AA"],
  ["truncated", 0x200, "TC"],
  ["recursionDesired", 0x100, "RD"],
  ["recursionAvailable", 0x80, "RA"],
  ["authenticData", 0x20, "AD"],
  ["checkingDisabled", 0x10, "CD"],
] as const;

function check(element: string, entry: Entry, { message, transport }: Received, dialect: Dialect): string | undefined {
  const reply = readReplyWords(entry.reply);
  const expected = entry.packet.question?.[0];
  const [question] = message.questions;
  const ede = /^ede=(\d+|any)$/.exec(element);
  const withTtl = entry.match.includes("ttl");
  if (ede) return checkEde(message, ede[1]!);
  switch (element) {
    case "opcode":
      return differ(reply.opcode, message.opcode);
    case "qtype":
      return expected || dialect === "unbound" ? differ(expected?.type, question?.type) : undefined;
    case "qname":
      return expected || dialect === "unbound"
        ? differ(expected && nameFromWire(expected.wire), question?.name)
        : undefined;
    case "qcase":
      return (
        expected &&
        differ(Buffer.from(expected.wire).toString("latin1"), question && Buffer.from(question.wire).toString("latin1"))
      );
    case "subdomain":
      if (!expected) return undefined;
      return question && isWithin(question.name, nameFromWire(expected.wire))
        ? undefined
        : `${question?.name} is not below`;
    case "rcode":
      return differ(reply.rcode, message.rcode);
    case "flags":
      return differ(
        FLAG_NAMES.filter(([, bit]) => reply.flags & bit)
          .map(([, , name]) => name)
          .join(" "),
        FLAG_NAMES.filter(([field]) => message[field])
          .map(([, , name]) => name)
          .join(" "),
      );
    case "question":
      return differ(questionText(entry.packet.question ?? []), questionText(message.questions));
    case "answer":
    case "authority":
    case "additional":
      return differ(sectionText(entry.packet[element] ?? [], withTtl), sectionText(message[element], withTtl));
    case "edns-as-replied":
      return (
        differ(reply.dnssecOk, message.edns?.dnssecOk ?? false) ?? differ(reply.dnssecOk, message.edns !== undefined)
      );
    case "edns":
      return differ("0 4096", message.edns && `${message.edns.version} ${message.edns.udpSize}`);
    case "ttl":
      return undefined; // a way of comparing sections, not a thing to compare
    case "DO":
      return message.edns?.dnssecOk ? undefined : "DO is not set";
    case "noedns":
      return message.edns ? "has EDNS" : undefined;
    case "UDP":
    case "TCP":
      return differ(element.toLowerCase(), transport);
    default:
      throw new Skip(`MATCH ${element.replace(/=.*/, "")}`);
  }
}

function checkEde(message: Message, wanted: string): string | undefined {
  const codes = message.edns?.extendedErrors.map((error) => error.code) ?? [];
  if (wanted === "any" ? codes.length > 0 : codes.includes(Number(wanted))) return undefined;
  return `expected ${wanted}, got ${codes.join(" ") || "none"}`;
}

function differ(expected: unknown, got: unknown): string | undefined {
  return expected === got ? undefined : `expected ${String(expected)}, got ${String(got)}`;
}

function questionText(questions: readonly { wire: Uint8Array; type: number; class: number }[]): string {
  return questions.map((one) => `${nameFromWire(one.wire)} ${one.class} ${one.type}`).join("\n");
}

/** A section's records in canonical form, sorted: order within a section says nothing. */
function sectionText(records: readonly ResourceRecord[], withTtl: boolean): string {
  const lines = records.map((record) => {
    const canonical = { ...record, owner: lower(record.owner), ttl: withTtl ? record.ttl : 0 };
    const text = recordText({ ...canonical, rdata: canonicalRdata(record.type, record.rdata) });
    // NSEC's next name keeps its case in canonical form; here case says nothing either.
    return record.type === TYPE.NSEC ? text.toLowerCase() : text;
  });
  return lines.sort().join("\n");
}

function lower(owner: Uint8Array): Uint8Array {
  return owner.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet));
}
