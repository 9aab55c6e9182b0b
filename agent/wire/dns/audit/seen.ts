/**
 * What one collection of a zone holds: what each of its servers said to each question, what the parent's servers say of it,
 * and how the chain of trust from the anchor stands. Every rule of the audit reads this and nothing else. Pure data.
 */
import type { Message, ResourceRecord } from "../message.ts";
import type { Resolution } from "../resolve.ts";
import type { ReplyFailure } from "../resolver/machine.ts";
import { TYPE, typeName } from "../types.ts";
import type { Anchor } from "../validator/anchors.ts";
import type { AboveSeen } from "./collect-above.ts";
import type { MailSeen } from "./collect-mail.ts";
import type { MasterSeen, ReverseSeen } from "./collect-master.ts";

/** A server of the zone at one of its addresses. */
export interface ServerAddress {
  readonly name: string;
  readonly address: string;
}

export interface RrsetName {
  /** Canonical text. */
  readonly name: string;
  readonly type: number;
  /** Looked at where it exists; that it does not is nothing wrong. */
  readonly optional?: true;
}

/** What to look at. */
export interface AuditPlan {
  /** Canonical text. */
  readonly zone: string;
  /** RRsets below or at the apex that must exist and be signed. */
  readonly names: readonly RrsetName[];
  /** A label that the zone does not have: unpredictable, so that no cache or wildcard list knows it. */
  readonly probe: string;
  /** The caller names the zone as its own: recursion and transfer may be tried. */
  readonly own: boolean;
  /** The zone is in the Internet's own tree: its servers must be reached from anywhere. Private trees have addresses of their own. */
  readonly public?: boolean;
  /**
   * What the caller knows of the zone: mail addresses end in it; certificates are issued for its names; in how many places its
   * servers stand, which addresses alone can only hint at; who announces them.
   */
  readonly expects?: {
    readonly mail?: boolean;
    readonly caa?: boolean;
    readonly places?: number;
    readonly origins?: readonly Origin[];
  };
}

/** Where a server's address is announced from, as the caller knows it: no DNS answer tells. */
export interface Origin {
  readonly address: string;
  /** Number of the autonomous system. */
  readonly as?: number;
  /** The prefix that is announced. */
  readonly prefix?: string;
}

export type Reply = { readonly message: Message } | { readonly failure: ReplyFailure };

/** Questions put to each server besides the plan's names. */
export type Probe =
  | "soa"
  | "soa-tcp"
  | "soa-plain" // without EDNS
  | "soa-edns1" // EDNS version 1
  | "soa-edns1-option" // the same, with an option that nobody knows
  | "soa-option" // an EDNS option that nobody knows
  | "soa-flag" // an EDNS flag that nobody knows
  | "soa-case" // the zone's name in mixed case
  | "dnskey-small" // keys for a buffer of 512 octets
  | "aaaa" // at the apex, whether there is one or not
  | "foreign" // something else's data
  | "version" // version.bind, class CH
  | "ns"
  | "dnskey"
  | "cds"
  | "cdnskey"
  | "nsec3param"
  | "mx"
  | "txt"
  | "caa"
  | "absent" // a name that does not exist
  | "nodata" // a type that the apex does not have
  | "recursion" // something else's data, with RD
  | "transfer";

export interface ServerSeen extends ServerAddress {
  /** No authority: a resolver that was asked in place of the zone's servers, which cannot be reached from here. */
  readonly forwarded?: true;
  readonly probes: Readonly<Partial<Record<Probe, Reply>>>;
  readonly names: readonly { readonly asked: RrsetName; readonly reply: Reply }[];
}

export interface ParentServerSeen extends ServerAddress {
  readonly ds: Reply;
  /** The referral. */
  readonly ns: Reply;
}

/** What the name of a server leads to. */
export interface ServerHost {
  readonly name: string;
  readonly addresses: readonly string[];
  /** It is a CNAME. */
  readonly alias: boolean;
  /** Nobody could be asked, in one of the families at least. */
  readonly failed: boolean;
}

export interface ZoneSeen {
  readonly plan: AuditPlan;
  /** Unix time, seconds. */
  readonly atSeconds: number;
  /** The zone's SOA through the chain of trust. */
  readonly chain: Resolution;
  /** The DS RRset through the chain of trust. */
  readonly ds: Resolution;
  /** undefined when the parent cannot be asked from here (behind a forwarder). */
  readonly parent: { readonly zone: string; readonly servers: readonly ParentServerSeen[] } | undefined;
  readonly servers: readonly ServerSeen[];
  /** All servers that zone and delegation name, also those that were not asked; undefined: those of `servers`. */
  readonly named?: readonly ServerAddress[];
  readonly hosts?: readonly ServerHost[];
  /** The server that the SOA names as master; undefined: not looked at. */
  readonly master?: MasterSeen;
  /** Names at the servers' addresses; undefined: not looked at. */
  readonly reverse?: readonly ReverseSeen[];
  /** The trust anchor that governs the zone. */
  readonly anchor?: Anchor;
  /** Servers of the zones above, the root's first; undefined: not asked. */
  readonly above?: readonly AboveSeen[];
  /** Its domains that have to do with mail; undefined: not looked at. */
  readonly mail?: readonly MailSeen[];
}

export function messageOf(reply: Reply | undefined): Message | undefined {
  return reply && "message" in reply ? reply.message : undefined;
}

/** Does this message speak for the zone: an authority's own, or one that a resolver passed on? */
export function speaks(server: ServerSeen, message: Message): boolean {
  return message.authoritative || server.forwarded === true;
}

/** Did the server answer for the zone at all? Rules about content look at these only. */
export function isAuthority(server: ServerSeen): boolean {
  const soa = messageOf(server.probes.soa);
  return soa !== undefined && speaks(server, soa) && soa.rcode === 0;
}

/** Records of one name and type in a reply's answer. */
export function answerOf(reply: Reply | undefined, name: string, type: number): readonly ResourceRecord[] {
  return (messageOf(reply)?.answer ?? []).filter((record) => record.name === name && record.type === type);
}

export const label = ({ name, type }: RrsetName): string => `${name}/${typeName(type)}`;
export const at = ({ name, address }: ServerAddress): string => `${name} ${address}`;
export const isIpv6 = ({ address }: ServerAddress): boolean => address.includes(":");

/** The SOA's numbers as a server gives them. */
export interface Soa {
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export const soaOf = (server: ServerSeen, zone: string): Soa | undefined => soaIn(server.probes.soa, zone);

/** The zone's SOA in a reply. */
export function soaIn(reply: Reply | undefined, zone: string): Soa | undefined {
  const [record] = answerOf(reply, zone, TYPE.SOA);
  if (!record || record.rdata.length < 22) return undefined;
  const { rdata } = record;
  const view = new DataView(rdata.buffer, rdata.byteOffset + rdata.length - 20, 20);
  const [serial, refresh, retry, expire, minimum] = [0, 4, 8, 12, 16].map((offset) => view.getUint32(offset)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { serial, refresh, retry, expire, minimum };
}

/** Serial arithmetic (RFC 1982): is `a` older than `b`? */
export const isOlder = (a: number, b: number): boolean => a !== b && ((b - a) | 0) > 0;

/** Labels and types of the probes about content; the label "absent" stands for the plan's own that does not exist. */
export const CONTENT: readonly (readonly [Probe, string, number])[] = [
  ["soa", "", TYPE.SOA],
  ["ns", "", TYPE.NS],
  ["dnskey", "", TYPE.DNSKEY],
  ["cds", "", TYPE.CDS],
  ["cdnskey", "", TYPE.CDNSKEY],
  ["nsec3param", "", TYPE.NSEC3PARAM],
  ["mx", "", TYPE.MX],
  ["txt", "", TYPE.TXT],
  ["caa", "", TYPE.CAA],
  ["absent", "absent", TYPE.A],
  ["nodata", "", TYPE.HINFO],
];

/** What a server was asked of the zone's data, with what it said. */
export function askedOf(server: ServerSeen, zone: string): { name: string; type: number; reply: Reply }[] {
  const apex = CONTENT.flatMap(([probe, label, type]) => {
    const reply = server.probes[probe];
    return reply && label === "" ? [{ name: zone, type, reply }] : [];
  });
  return [...apex, ...server.names.map(({ asked, reply }) => ({ name: asked.name, type: asked.type, reply }))];
}
