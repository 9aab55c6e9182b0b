// Who is it that answers in the resolver's name, and what is this host told to ask? Judgements over answers; the check asks.
// A transparent proxy rewrites addresses, so where an answer seems to come from says nothing. What tells: a record that only the
// province's resolver has, and an answer from where no DNS is served. Pure.
import type { Finding } from "../../protocol/finding.ts";
import { addressKey, parseAddress } from "./address.ts";
import { type Message, RCODE, TYPE } from "./dns/index.ts";
import type { Answer } from "./dns-ask.ts";

/** Texts of the TXT records of an answer, each record's strings joined. */
export function textsOf({ answer }: Message): string[] {
  return answer
    .filter((record) => record.type === TYPE.TXT)
    .map(({ rdata }) => {
      let text = "";
      for (let at = 0; at < rdata.length; at += 1 + rdata[at]!) {
        text += Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString("latin1");
      }
      return text;
    });
}

export interface Identity {
  readonly name: string;
  readonly text: string;
}

/** Is it the resolver that answers by its name? An answer without the record is somebody else's; silence says nothing. */
export function judgeIdentity(identity: Identity, asked: readonly { address: string; answer: Answer }[]): Finding[] {
  return asked.flatMap(({ address, answer }): Finding[] => {
    // REFUSED says that it would not, not who it is; to fail at what it knows by itself, no resolver of ours can.
    if (!answer.ok || answer.message.rcode === RCODE.REFUSED) return [];
    const said = textsOf(answer.message);
    if (said.includes(identity.text)) return [];
    const evidence = { resolver: address, name: identity.name, expected: identity.text, said };
    return [{ subject: address, tag: "RESOLVER_HIJACKED", evidence }];
  });
}

/** Silent at one of its addresses, and there at another. */
export function judgeFamilies(asked: readonly { address: string; answer: Answer }[]): Finding[] {
  if (!asked.some(({ answer }) => answer.ok)) return [];
  return asked.flatMap(({ address, answer }): Finding[] => {
    if (answer.ok) return [];
    const evidence = { resolver: address, family: address.includes(":") ? "ipv6" : "ipv4", why: answer.why };
    return [{ subject: address, tag: "RESOLVER_ONE_FAMILY", evidence }];
  });
}

/** An answer from where nothing answers DNS. */
export function judgeMute(asked: readonly { address: string; answered: boolean }[]): Finding[] {
  return asked
    .filter(({ answered }) => answered)
    .map(({ address }) => ({
      subject: address,
      tag: "RESOLVER_HIJACKED",
      evidence: { resolver: address, mute: true },
    }));
}

const keyOf = (address: string) => addressKey(parseAddress(address)!);

/** Servers of `configured` that the plan does not know. */
export function strangersIn(configured: readonly string[], planned: readonly string[]): string[] {
  const known = new Set(planned.map(keyOf));
  return configured.filter((address) => !known.has(keyOf(address)));
}

/** What one server that nobody planned does. */
export interface Stranger {
  readonly address: string;
  /** It answered anything at all. */
  readonly answers: boolean;
  /** It set AD for a name of the province's. */
  readonly validates: boolean;
  /** It gave out what is bogus on purpose. */
  readonly acceptsBogus: boolean;
}

/** What the host is told to use against what it should be told. */
export function judgeConfigured(configured: readonly string[], strangers: readonly Stranger[]): Finding[] {
  if (configured.length > 0 && strangers.length === 0) return [];
  const which = (say: (one: Stranger) => boolean) => strangers.filter(say).map(({ address }) => address);
  const evidence = {
    configured: [...configured],
    unplanned: which(() => true),
    silent: which((one) => !one.answers),
    notValidating: which((one) => one.answers && !one.validates),
    acceptsBogus: which((one) => one.acceptsBogus),
  };
  return [{ subject: "resolv.conf", tag: "RESOLVER_NOT_AS_PLANNED", evidence }];
}
