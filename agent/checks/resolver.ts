// The resolver that this site uses: it answers for the province's own names with the AD bit, so it validated them, and it
// refuses a name whose signature is wrong on purpose.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, World } from "../check.ts";
import { type Message, RCODE, rcodeName, typeNumber } from "../wire/dns/index.ts";
import { type Answer, ask } from "../wire/dns-ask.ts";

/** Each of two tries: a resolver may have to ask several servers first. */
const TIMEOUT_MS = 1_500;
const TCP_TIMEOUT_MS = 3_000;

type Expects = TargetOf<"resolver">["expects"];
type Wanted = Expects["names"][number];

export const resolver: Check<"resolver"> = {
  id: "resolver",
  kind: "resolver",
  sees: "network",
  clauses: ["RFC 4035 §4.9", "RFC 6840 §5.7", "RFC 8914"],
  async run({ expects }, world) {
    const [own, bogus] = await Promise.all([
      Promise.all(expects.names.map((wanted) => askResolver(wanted.name, wanted.type, expects.address, world))),
      expects.bogusName === undefined ? undefined : askResolver(expects.bogusName, "A", expects.address, world),
    ]);
    const silent = [...own, ...(bogus ? [bogus] : [])].every((answer) => !answer.ok);
    if (silent && own.length > 0) return { findings: [unreachable(expects.address, own[0]!)] };
    const findings = expects.names.flatMap((wanted, i) => judge(wanted, own[i]!, expects.address));
    if (bogus?.ok && !refuses(bogus.message))
      findings.push(accepts(expects.bogusName!, bogus.message, expects.address));
    return { findings };
  },
};

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
