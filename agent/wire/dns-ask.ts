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
    const query = queryOf(asked, id);
    sent = await transport.udp(query, (answer) => answers(answer, id, asked));
    if (sent.ok) return isCut(sent.answer) ? overTcp(asked, transport) : read(sent.answer);
    if (sent.why !== "timeout") break;
  }
  return { ok: false, why: sent.ok ? "failed" : sent.why, detail: sent.ok ? "" : sent.detail };
}

async function overTcp(asked: Asked, transport: Transport): Promise<Answer> {
  const id = transport.random16();
  const sent = await transport.tcp(queryOf(asked, id));
  if (!sent.ok) return { ok: false, why: sent.why, detail: `over TCP: ${sent.detail}` };
  if (!answers(sent.answer, id, asked)) return { ok: false, why: "malformed", detail: "over TCP: another question" };
  return read(sent.answer);
}

const queryOf = ({ name, type, recursive }: Asked, id: number) =>
  writeQuery({ id, name, type, recursionDesired: recursive, adFlag: recursive, dnssecOk: true, udpSize: 1_232 });

function answers(bytes: Uint8Array, id: number, { name, type }: Asked): boolean {
  try {
    const header = readHeader(bytes);
    if (!header.response || header.id !== id) return false;
    if (header.truncated) return true;
    const [question, more] = readMessage(bytes).questions;
    // A refusal may come without its question (RFC 9619 §1); anything else has to repeat it.
    if (!question) return header.rcode !== 0;
    return !more && question.type === type && question.name === canonicalName(name);
  } catch (error) {
    // Of the right id, and not to be read: the server's own trouble, named in `read`.
    return error instanceof DnsError && error.code !== "truncated";
  }
}

const isCut = (bytes: Uint8Array) => readHeader(bytes).truncated;

function read(bytes: Uint8Array): Answer {
  try {
    return { ok: true, message: readMessage(bytes) };
  } catch (error) {
    if (error instanceof DnsError) return { ok: false, why: "malformed", detail: error.message };
    throw error;
  }
}
