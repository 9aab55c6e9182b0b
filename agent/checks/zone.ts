// A signed zone as each of its servers gives it: it answers with authority, and the signatures over the apex and over the names
// of the plan verify with the zone's keys and last. Every server is judged by what it serves itself.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, World } from "../check.ts";
import { canonicalName, type Message, rcodeName, TYPE, typeName, typeNumber } from "../wire/dns/index.ts";
import { type Answer, type Asked, ask } from "../wire/dns-ask.ts";
import { rrsetOf, type Standing, standing } from "../wire/signatures.ts";

/** Each of two tries, and of the further ones at a server that has answered something else. */
const TIMEOUT_MS = 1_000;
const TCP_TIMEOUT_MS = 2_000;
const FURTHER_TRIES = 3;
const DAY_MS = 86_400_000;

type Expects = TargetOf<"zone">["expects"];
type Server = Expects["servers"][number];
interface Rrset {
  name: string;
  type: number;
}
interface Seen {
  findings: Finding[];
  /** When the signatures seen end, milliseconds since 1970. */
  ends: number[];
}

export const zone: Check<"zone"> = {
  id: "zone",
  kind: "zone",
  sees: "network",
  clauses: ["RFC 4035 §5.3", "RFC 6781 §4.4.2", "RFC 8906", "Circular 32/2017/TT-BTTTT art. 15.4"],
  async run({ expects }, world) {
    const wanted = rrsetsOf(expects);
    const seen = await Promise.all(expects.servers.map((server) => look(server, wanted, expects, world)));
    const earliest = Math.min(...seen.flatMap(({ ends }) => ends));
    return {
      findings: seen.flatMap(({ findings }) => findings),
      ...(Number.isFinite(earliest) && {
        facts: { earliestExpiryDays: Math.floor((earliest - world.now()) / DAY_MS) },
      }),
    };
  },
};

function rrsetsOf({ zone: apex, names }: Expects): Rrset[] {
  const asked = names.map(({ name, type }) => {
    const number = typeNumber(type);
    if (number === undefined) throw new Error(`not a record type: ${type}`);
    return { name: canonicalName(name), type: number };
  });
  return [{ name: canonicalName(apex), type: TYPE.DNSKEY }, { name: canonicalName(apex), type: TYPE.SOA }, ...asked];
}

async function look(server: Server, wanted: Rrset[], expects: Expects, world: World): Promise<Seen> {
  const first = await Promise.all(wanted.map((rrset) => askServer({ ...rrset, recursive: false }, server, world)));
  const answers = await askedAgain(first, wanted, server, world);
  const at = `${server.name} ${server.address}`;
  const about = { server: server.name, address: server.address, asset: server.asset };
  const messages: Message[] = [];
  for (const [i, answer] of answers.entries()) {
    // What ails the server ails every question to it: one finding, for the first that shows it.
    const ill = serverFinding(answer, at, { ...about, asked: label(wanted[i]!) });
    if (ill) return { findings: [ill], ends: [] };
    if (answer.ok) messages.push(answer.message);
  }
  const keys = rrsetOf(messages[0]!, wanted[0]!.name, TYPE.DNSKEY).records;
  const now = world.now();
  const stand = wanted.map((rrset, i) => ({ rrset, s: standing(messages[i]!, rrset.name, rrset.type, keys, now) }));
  // Without keys nothing verifies: that they are missing is the one thing to say.
  const told = keys.length === 0 ? stand.slice(0, 1) : stand;
  return {
    findings: [
      ...told.flatMap(({ rrset, s }) => signatureFinding(at, rrset, s, about)),
      ...timeFindings(at, told, expects.warnFraction, about),
    ],
    ends: stand.flatMap(({ s }) => (s.state === "valid" || s.state === "expired" ? [s.expiresMs] : [])),
  };
}

/** Of many questions over a lossy line some are lost with both tries: a server that answered the others is asked again before it is blamed. */
function askedAgain(first: Answer[], wanted: Rrset[], server: Server, world: World): Promise<Answer[]> {
  const isThere = first.some((answer) => answer.ok);
  return Promise.all(
    first.map((answer, i) =>
      isThere && !answer.ok && answer.why === "timeout"
        ? askServer({ ...wanted[i]!, recursive: false }, server, world, FURTHER_TRIES)
        : answer,
    ),
  );
}

function askServer(asked: Asked, server: Server, world: World, tries?: number): Promise<Answer> {
  const to = { address: server.address, port: 53 };
  const transport = {
    udp: (query: Uint8Array, accepts: (answer: Uint8Array) => boolean) =>
      world.exchangeUdp(to, query, accepts, TIMEOUT_MS),
    tcp: (query: Uint8Array) => world.exchangeTcp(to, query, TCP_TIMEOUT_MS),
    random16: world.random16,
  };
  return ask(asked, transport, tries);
}

function serverFinding(answer: Answer, subject: string, about: Finding["evidence"]): Finding | undefined {
  if (!answer.ok) return { subject, tag: "ZONE_SERVER_UNREACHABLE", evidence: { ...about, why: answer.why } };
  const { rcode, authoritative } = answer.message;
  const refused = rcode !== 0 && rcode !== 3;
  if (!refused && authoritative) return undefined;
  const why = refused ? rcodeName(rcode) : "not authoritative";
  return { subject, tag: "ZONE_SERVER_REFUSES", evidence: { ...about, why } };
}

function signatureFinding(at: string, rrset: Rrset, s: Standing, about: Finding["evidence"]): Finding[] {
  const subject = `${at} ${label(rrset)}`;
  if (s.state === "missing") {
    const why = s.why === "no-answer" ? `no such record: ${rcodeName(s.rcode)}` : "not signed";
    return [{ subject, tag: "ZONE_SIGNATURE_MISSING", evidence: { ...about, rrset: label(rrset), why } }];
  }
  if (s.state !== "bogus") return [];
  const evidence = { ...about, rrset: label(rrset), why: s.why, keyTag: s.keyTag };
  return [{ subject, tag: "ZONE_SIGNATURE_BOGUS", evidence }];
}

/** A signer that stopped is one finding a server, with counts and the earliest end, not one for each name. */
function timeFindings(
  at: string,
  all: { rrset: Rrset; s: Standing }[],
  warnFraction: number,
  about: Finding["evidence"],
): Finding[] {
  const over = all.filter(({ s }) => s.state === "expired");
  const late = all.filter(({ s }) => s.state === "valid" && s.fractionLeft < warnFraction);
  return (
    [
      ["ZONE_SIGNATURE_EXPIRED", over],
      ["ZONE_SIGNATURE_EXPIRES_SOON", late],
    ] as const
  ).flatMap(([tag, some]) => {
    if (some.length === 0) return [];
    const ends = some.flatMap(({ s }) => ("expiresMs" in s ? [s.expiresMs] : []));
    const rrsets = some.map(({ rrset }) => label(rrset)).slice(0, 64);
    const earliest = new Date(Math.min(...ends)).toISOString();
    return [{ subject: at, tag, evidence: { ...about, count: some.length, rrsets, earliest } }];
  });
}

const label = ({ name, type }: Rrset) => `${name}/${typeName(type)}`;
