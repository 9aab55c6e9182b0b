/**
 * What stands in a random zone before it is signed, and what can be asked of it: hosts with odd names and types, empty
 * non-terminals, wildcards, aliases, delegations signed and unsigned. Pure.
 */
import { TYPE, typeNumber } from "../../../../agent/wire/dns/index.ts";
import { canonicalName } from "../../../../agent/wire/dns/name.ts";
import type { Random } from "../random.ts";
import type { Asked } from "../serve/answer.ts";

/** Where the answer comes from, which is what decides its security in a zone that is whole. */
export type Kind =
  | "positive"
  | "wildcard"
  | "alias"
  | "nodata"
  | "nxdomain"
  | "unsigned-child"
  | "signed-child"
  | "ds-absent";

export interface Question extends Asked {
  readonly kind: Kind;
  /** The peers give no verdict on its answer (YXDOMAIN), so they are not asked. */
  readonly oursOnly?: true;
}

export interface Content {
  readonly text: string;
  readonly questions: readonly Question[];
  readonly signedChildren: readonly string[];
  readonly unsignedChildren: readonly string[];
}

/** Addresses of the servers that the zone's name server has, in both families. */
export interface ServerAddresses {
  readonly v4: string;
  readonly v6: string;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

const letters = (random: Random, size: number) =>
  Array.from({ length: size }, () => random.pick([...LETTERS])).join("");

function label(random: Random): string {
  const size = random.chance(0.05) ? 61 : random.int(2, 10);
  const plain = letters(random, size);
  if (random.chance(0.15)) return mixCase(random, plain);
  if (size < 60 && random.chance(0.08))
    return `${plain}${random.pick(["\\.x", "\\000", "\\255", "_srv", "\\032y", "\\@"])}`;
  return plain;
}

const mixCase = (random: Random, text: string) =>
  [...text].map((c) => (random.chance(0.5) ? c.toUpperCase() : c)).join("");

const hex = (random: Random, size: number) => Buffer.from(random.octets(size)).toString("hex");

/** RDATA lines of a random type, with the type's mnemonic. */
function rdatas(random: Random, apex: string): { type: string; lines: string[] } {
  const many = (make: () => string, max = 3) => Array.from({ length: random.int(1, max) }, make);
  const someName = () => `${mixCase(random, "mail")}${random.int(1, 9)}.${apex}`;
  const v4 = () => `198.51.100.${random.int(1, 254)}`;
  const makers: Record<string, () => string[]> = {
    A: () => many(v4, 4),
    AAAA: () => many(() => `2001:db8::${random.int(1, 9999).toString(16)}`),
    TXT: () => many(() => `"${"t".repeat(random.int(0, 200))}" "${random.int(0, 1e6)}"`, 5),
    MX: () => many(() => `${random.int(0, 99)} ${someName()}`),
    SRV: () => many(() => `${random.int(0, 9)} 0 ${random.int(1, 65535)} ${someName()}`),
    PTR: () => many(someName),
    CAA: () => [`0 issue "ca.example"`],
    TLSA: () => many(() => `3 1 1 ${hex(random, 32)}`),
    SSHFP: () => many(() => `4 2 ${hex(random, 32)}`),
    TYPE65280: () => many(() => `\\# 5 ${hex(random, 5)}`),
    NAPTR: () => [`10 20 "s" "SIP+D2U" "" ${someName()}`],
  };
  const type = random.pick(["A", "A", "AAAA", "AAAA", "TXT", "MX", ...Object.keys(makers)]);
  return { type, lines: [...new Set(makers[type]!())] };
}

/** A random zone. `children` says whether it delegates at all. */
export function makeContent(random: Random, apex: string, server: ServerAddresses, children: boolean): Content {
  const lines = [`$TTL ${random.pick([60, 300, 3600])}`, ...apexLines(apex, server)];
  const questions: Question[] = [];
  const ask = (name: string, type: string, kind: Kind) =>
    questions.push({ name: canonicalName(name), type: typeNumber(type)!, kind });
  const put = (owner: string, kind: Kind = "positive") => {
    const { type, lines: data } = rdatas(random, apex);
    for (const rdata of data) lines.push(`${owner} ${type} ${rdata}`);
    if (kind === "positive") ask(owner, type, kind);
    return type;
  };
  ask(apex, random.pick(["SOA", "NS", "DNSKEY"]), "positive");
  ask(apex, "TYPE65281", "nodata");
  // With a hyphen, so that no random name is by chance one of those that are made below: u31 is a delegation.
  const hosts = Array.from({ length: random.int(2, 5) }, (_, i) => `${label(random)}-${i}.${apex}`);
  for (const host of hosts) {
    put(host);
    ask(host, "TYPE65282", "nodata");
  }
  ask(`nx-${letters(random, random.int(1, 40))}.${apex}`, random.pick(["A", "AAAA", "TXT"]), "nxdomain");
  ask(`a.b.${hosts[0]}`, "A", "nxdomain");
  deepNames(random, apex, put, ask);
  wildcards(random, apex, lines, put, ask);
  aliases(random, apex, hosts, lines, questions, ask);
  const delegated = children ? delegations(random, apex, server, lines, ask) : { signed: [], unsigned: [] };
  return {
    text: `${lines.join("\n")}\n`,
    questions,
    signedChildren: delegated.signed,
    unsignedChildren: delegated.unsigned,
  };
}

/** SOA, the name server and its addresses. */
export function apexLines(apex: string, { v4, v6 }: ServerAddresses): string[] {
  const ns = `ns.${apex === "." ? "" : apex}`;
  return [
    `${apex} SOA ${ns} hostmaster.${ns} 1 3600 600 86400 60`,
    `${apex} NS ${ns}`,
    `${ns} A ${v4}`,
    `${ns} AAAA ${v6}`,
  ];
}

type Ask = (name: string, type: string, kind: Kind) => void;
type Put = (owner: string, kind?: Kind) => string;

function deepNames(random: Random, apex: string, put: Put, ask: Ask): void {
  const middle = `ent${random.int(0, 99)}.${apex}`;
  put(`${label(random)}.x.${middle}`);
  ask(middle, "A", "nodata");
  ask(`x.${middle}`, "TXT", "nodata");
  ask(`y.${middle}`, "A", "nxdomain");
}

function wildcards(random: Random, apex: string, lines: string[], put: Put, ask: Ask): void {
  const base = `wild${random.int(0, 99)}.${apex}`;
  const type = put(`*.${base}`, "wildcard");
  ask(`${label(random)}.${base}`, type, "wildcard");
  ask(`${label(random)}.deeper.${base}`, type, "wildcard");
  ask(`*.${base}`, type, "positive");
  ask(`w-${letters(random, 8)}.${base}`, "TYPE65283", "nodata");
  const inside = `here.${base}`;
  lines.push(`${inside} TXT "not the wildcard"`);
  ask(inside, "TXT", "positive");
  ask(`z.${inside}`, "TXT", "nxdomain");
}

function aliases(
  random: Random,
  apex: string,
  hosts: readonly string[],
  lines: string[],
  made: Question[],
  ask: Ask,
): void {
  const target = random.pick(hosts);
  const type = made.find((one) => one.name === canonicalName(target) && one.kind === "positive")!.type;
  const asType = (name: string, kind: Kind) => made.push({ name: canonicalName(name), type, kind });
  lines.push(`cn.${apex} CNAME ${target}`, `cn2.${apex} CNAME cn.${apex}`, `cnx.${apex} CNAME nowhere.${apex}`);
  asType(`cn2.${apex}`, "alias");
  ask(`cn.${apex}`, "CNAME", "positive");
  ask(`cnx.${apex}`, "A", "nxdomain");
  lines.push(`*.cw.${apex} CNAME ${target}`);
  asType(`${label(random)}.cw.${apex}`, "wildcard");
  lines.push(`dn.${apex} DNAME dt.${apex}`, `host.dt.${apex} A 198.51.100.7`);
  ask(`host.dn.${apex}`, "A", "alias");
  ask(`none.dn.${apex}`, "A", "nxdomain");
  ask(`dn.${apex}`, "DNAME", "positive");
  ask(`dn.${apex}`, "A", "nodata");
  // A name that becomes too long when the DNAME is put in (RFC 6672 §2.2): YXDOMAIN, with the DNAME as reason.
  const long = (c: string) => `${c.repeat(62)}.${c.repeat(62)}`;
  lines.push(`do.${apex} DNAME ${long("t")}.${apex}`);
  made.push({ name: `${long("q")}.do.${apex}`, type: TYPE.A, kind: "alias", oursOnly: true });
}

function delegations(random: Random, apex: string, { v4, v6 }: ServerAddresses, lines: string[], ask: Ask) {
  const delegate = (child: string) => {
    lines.push(`${child} NS ns.${child}`, `ns.${child} A ${v4}`, `ns.${child} AAAA ${v6}`);
    return child;
  };
  const unsigned = [delegate(`u${random.int(0, 99)}.${apex}`)];
  if (random.chance(0.3)) unsigned.push(delegate(`v.ent-u.${apex}`));
  for (const child of unsigned) {
    ask(child, "DS", "ds-absent");
    ask(`www.${child}`, "A", "unsigned-child");
    ask(`nothing.${child}`, "A", "unsigned-child");
  }
  lines.push(`cu.${apex} CNAME www.${unsigned[0]}`);
  ask(`cu.${apex}`, "A", "unsigned-child");
  const signed = random.chance(0.35) ? [delegate(`s${random.int(0, 99)}.${apex}`)] : [];
  for (const child of signed) {
    ask(child, "DS", "positive");
    ask(`www.${child}`, "A", "signed-child");
    ask(`nothing.${child}`, "A", "signed-child");
  }
  return { signed, unsigned };
}

/** The small zone below a delegation. */
export function childText(apex: string, server: ServerAddresses): string {
  return `$TTL 300\n${[...apexLines(apex, server), `www.${apex} A 198.51.100.80`].join("\n")}\n`;
}
