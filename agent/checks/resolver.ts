// The resolver that this host uses: it answers for the province's own names with the AD bit, so it validated them; it refuses a
// name whose signature is wrong on purpose; it answers over both families and reaches servers that have IPv6 only; it is the
// province's own and nobody in its place; and the host is told to use it.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, World } from "../check.ts";
import { type Message, RCODE, rcodeName, typeNumber } from "../wire/dns/index.ts";
import { type Answer, ask } from "../wire/dns-ask.ts";
import { parseResolvConf } from "../wire/resolv-conf.ts";
import {
  judgeConfigured,
  judgeFamilies,
  judgeIdentity,
  judgeMute,
  type Stranger,
  strangersIn,
} from "../wire/resolver-place.ts";

/** Each of two tries: a resolver may have to ask several servers first. */
const TIMEOUT_MS = 1_500;
const TCP_TIMEOUT_MS = 3_000;
/** Nothing is expected to answer: it is waited for no longer than somebody on the way would take. */
const MUTE_TIMEOUT_MS = 400;
/** Servers that nobody planned are looked at too, so many. */
const MAX_STRANGERS = 3;

type Expects = TargetOf<"resolver">["expects"];
type Wanted = Expects["names"][number];

export const resolver: Check<"resolver"> = {
  id: "resolver",
  kind: "resolver",
  sees: "network",
  clauses: ["RFC 4035 §4.9", "RFC 6840 §5.7", "RFC 8914", "RFC 3901 §4", "RFC 3833 §2"],
  async run({ expects }, world) {
    const [names, place, told] = await Promise.all([
      lookAtNames(expects, world),
      lookAtPlace(expects, world),
      lookAtHost(expects, world),
    ]);
    return { findings: [...names, ...place, ...told] };
  },
};

/** Does it answer, validate, refuse, reach? Over IPv6, as everything here should. */
async function lookAtNames(expects: Expects, world: World): Promise<Finding[]> {
  const { address, names, bogusName, ipv6OnlyName } = expects;
  const optional = async (name: string | undefined) => (name ? askResolver(name, "A", address, world) : undefined);
  const [own, bogus, far] = await Promise.all([
    Promise.all(names.map((wanted) => askResolver(wanted.name, wanted.type, address, world))),
    optional(bogusName),
    optional(ipv6OnlyName),
  ]);
  const silent = [...own, ...(bogus ? [bogus] : [])].every((answer) => !answer.ok);
  if (silent && own.length > 0) return [unreachable(address, own[0]!)];
  const findings = names.flatMap((wanted, i) => judge(wanted, own[i]!, address));
  if (bogus?.ok && !refuses(bogus.message)) findings.push(accepts(bogusName!, bogus.message, address));
  // Only where it does reach the others: else this is not about IPv6.
  const reaches = own.some((answer) => answer.ok && answer.message.rcode === RCODE.NOERROR);
  if (far && reaches && !resolves(far)) findings.push(cannotReach(ipv6OnlyName!, far, address));
  return findings;
}

/** Both families, and is it the one that it should be? Its own name is answered without asking anybody. */
async function lookAtPlace({ address, address4, identity, mute }: Expects, world: World): Promise<Finding[]> {
  const addresses = identity ? [address, ...(address4 === undefined ? [] : [address4])] : [];
  const [asked, strange] = await Promise.all([
    Promise.all(
      addresses.map(async (to) => ({ address: to, answer: await askResolver(identity!.name, "TXT", to, world) })),
    ),
    Promise.all((mute ?? []).map(async (to) => ({ address: to, answered: await answersAt(to, world) }))),
  ]);
  const hijacked = [...(identity ? judgeIdentity(identity, asked) : []), ...judgeMute(strange)];
  return [...hijacked, ...judgeFamilies(asked)];
}

/** What the host's own resolv.conf names, and what a server does that nobody planned. */
async function lookAtHost(expects: Expects, world: World): Promise<Finding[]> {
  if (!expects.configured) return [];
  const configured = parseResolvConf(world.resolvConf() ?? "");
  const unplanned = strangersIn(configured, expects.configured).slice(0, MAX_STRANGERS);
  const strangers = unplanned.map(async (address): Promise<Stranger> => {
    const [first] = expects.names;
    const own = first && (await askResolver(first.name, first.type, address, world));
    const bogus = expects.bogusName && own?.ok ? await askResolver(expects.bogusName, "A", address, world) : undefined;
    return {
      address,
      answers: own?.ok ?? false,
      validates: own?.ok === true && own.message.authenticData,
      acceptsBogus: bogus?.ok === true && !refuses(bogus.message),
    };
  });
  return judgeConfigured(configured, await Promise.all(strangers));
}

/** Does anything at all that looks like DNS come back? */
async function answersAt(address: string, world: World): Promise<boolean> {
  const transport = {
    udp: (query: Uint8Array, fits: (answer: Uint8Array) => boolean) =>
      world.exchangeUdp({ address, port: 53 }, query, fits, MUTE_TIMEOUT_MS),
    tcp: async () => ({ ok: false, why: "failed", detail: "not asked" }) as const,
    random16: world.random16,
  };
  const answer = await ask({ name: ".", type: 2, recursive: true }, transport, 1);
  return answer.ok || answer.why === "malformed";
}

function askResolver(name: string, type: string, address: string, world: World): Promise<Answer> {
  const number = typeNumber(type);
  if (number === undefined) throw new Error(`not a record type: ${type}`);
  const to = { address, port: 53 };
  return ask(
    { name, type: number, recursive: true },
    {
      udp: (query, fits) => world.exchangeUdp(to, query, fits, TIMEOUT_MS),
      tcp: (query) => world.exchangeTcp(to, query, TCP_TIMEOUT_MS),
      random16: world.random16,
    },
  );
}

const resolves = (answer: Answer) => answer.ok && answer.message.rcode === RCODE.NOERROR;

function cannotReach(name: string, answer: Answer, address: string): Finding {
  const why = answer.ok ? rcodeName(answer.message.rcode) : answer.why;
  return { subject: name, tag: "RESOLVER_NO_IPV6_ONLY", evidence: { resolver: address, name, why } };
}

function unreachable(address: string, answer: Answer): Finding {
  const why = answer.ok ? "" : answer.why;
  return { subject: address, tag: "RESOLVER_UNREACHABLE", evidence: { resolver: address, why } };
}

function judge({ name, type, zoneAsset }: Wanted, answer: Answer, address: string): Finding[] {
  const subject = `${name}/${type}`;
  const evidence = { resolver: address, name, type, asset: zoneAsset };
  // Silent for this name alone: it waits for servers that do not answer. The zone's own check names them.
  if (!answer.ok) return [{ subject, tag: "RESOLVER_UNREACHABLE", evidence: { ...evidence, why: answer.why } }];
  const { rcode, authenticData } = answer.message;
  if (rcode === RCODE.SERVFAIL) return [servfail(subject, answer.message, evidence)];
  if (rcode !== RCODE.NOERROR || !authenticData)
    return [
      {
        subject,
        tag: "RESOLVER_NOT_VALIDATING",
        evidence: { ...evidence, rcode: rcodeName(rcode), ad: authenticData },
      },
    ];
  return [];
}

/** A resolver says SERVFAIL for many reasons; an extended error tells a wrong signature from a server out of reach. */
function servfail(subject: string, message: Message, evidence: Finding["evidence"]): Finding {
  const codes = (message.edns?.extendedErrors ?? []).map(({ code }) => code);
  const unreached = codes.some((code) => UNREACHED.has(code)) && !codes.some((code) => BOGUS.has(code));
  const tag = unreached ? "RESOLVER_UNREACHABLE" : "RESOLVER_ANSWER_BOGUS";
  const ede = [...new Set(codes)].sort((a, b) => a - b).map(String);
  return { subject, tag, evidence: { ...evidence, rcode: "SERVFAIL", ede } };
}

/** RFC 8914 §4.7-4.11 and 4.13: DNSSEC bogus, expired, not yet valid, DNSKEY, RRSIGs or NSEC missing. */
const BOGUS = new Set([6, 7, 8, 9, 10, 12]);
/** RFC 8914 §4.23 and 4.24: no reachable authority, network error. */
const UNREACHED = new Set([22, 23]);

/** Refused by SERVFAIL is what validation demands; a name that is not there at all proves nothing, and harms nobody. */
const refuses = (message: Message) => message.rcode === RCODE.SERVFAIL || message.rcode === RCODE.NXDOMAIN;

function accepts(name: string, message: Message, address: string): Finding {
  const evidence = { resolver: address, name, rcode: rcodeName(message.rcode), ad: message.authenticData };
  return { subject: name, tag: "RESOLVER_ACCEPTS_BOGUS", evidence };
}
