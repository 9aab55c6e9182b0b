// One question to one server: over UDP, once more after a loss, over TCP when the answer was cut (RFC 7766 §5). Pure: the
// caller hands in the sending and the randomness; what comes back has been held against what was asked (RFC 5452 §9.1).
import { canonicalName, DnsError, type Message, readHeader, readMessage, writeQuery } from "./dns/index.ts";

export interface Asked {
  name: string;
  type: number;
  /** RD: a resolver is asked, not a server of the zone. */
  recursive: boolean;
}

type Sent = { ok: true; answer: Uint8Array } | { ok: false; why: string; detail: string };

export interface Transport {
  udp(query: Uint8Array, accepts: (answer: Uint8Array) => boolean): Promise<Sent>;
  tcp(query: Uint8Array): Promise<Sent>;
  random16(): number;
}

export type Answer = { ok: true; message: Message } | { ok: false; why: string; detail: string };

const TRIES = 2;

/** DO is always set; AD too towards a resolver (RFC 6840 §5.7). Never throws for what a server sends. `tries`: over UDP. */
export async function ask(asked: Asked, transport: Transport, tries = TRIES): Promise<Answer> {
  let sent: Sent = { ok: false, why: "timeout", detail: "not sent" };
  for (let i = 0; i < tries; i++) {
    const id = transport.random16();
    let heard: Heard | undefined;
    sent = await transport.udp(queryOf(asked, id), (answer) => {
      heard = hear(answer, id, asked);
      return heard !== undefined;
    });
    if (sent.ok && heard) return heard === "cut" ? overTcp(asked, transport) : heard;
    if (sent.ok || sent.why !== "timeout") break;
  }
  return { ok: false, why: sent.ok ? "failed" : sent.why, detail: sent.ok ? "" : sent.detail };
}

async function overTcp(asked: Asked, transport: Transport): Promise<Answer> {
  const id = transport.random16();
  const sent = await transport.tcp(queryOf(asked, id));
  if (!sent.ok) return { ok: false, why: sent.why, detail: `over TCP: ${sent.detail}` };
  const heard = hear(sent.answer, id, asked);
  if (heard === undefined || heard === "cut")
    return { ok: false, why: "malformed", detail: `over TCP: ${heard === "cut" ? "cut" : "another question"}` };
  return heard;
}

const queryOf = ({ name, type, recursive }: Asked, id: number) =>
  writeQuery({ id, name, type, recursionDesired: recursive, adFlag: recursive, dnssecOk: true, udpSize: 1_232 });

/** An answer to the question, read once; `cut`: there is more of it over TCP. */
type Heard = Answer | "cut";

function hear(bytes: Uint8Array, id: number, { name, type }: Asked): Heard | undefined {
  try {
    const header = readHeader(bytes);
    if (!header.response || header.id !== id) return undefined;
    if (header.truncated) return "cut";
    const message = readMessage(bytes);
    const [question, more] = message.questions;
    // A refusal may come without its question (RFC 9619 §1); anything else has to repeat it.
    if (!question) return header.rcode === 0 ? undefined : { ok: true, message };
    return more || question.type !== type || question.name !== canonicalName(name) ? undefined : { ok: true, message };
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    // Of the right id, and not to be read: the server's own trouble. What is cut short may be anybody's.
    return error.code === "truncated" ? undefined : { ok: false, why: "malformed", detail: error.message };
  }
}
