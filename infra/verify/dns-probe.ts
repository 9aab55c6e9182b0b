// Asks name servers from the network that it runs in: a JSON list of questions on standard input, a list of what was answered on standard
// output, in the same order; null where nobody answered.
import { createSocket } from "node:dgram";
import { text } from "node:stream/consumers";
import dnsPacket from "dns-packet";

export interface DnsQuestion {
  address: string;
  name: string;
  type: string;
}
export interface DnsAnswer {
  rcode: string;
  authentic: boolean;
  signed: boolean;
  /** Record data of the asked type, as text, sorted; undefined data of types that have no plain form are left out. */
  data: string[];
}

const WAIT_MS = 1_500;
const TRIES = 3;
const AT_ONCE = 32;

function ask({ address, name, type }: DnsQuestion): Promise<DnsAnswer | undefined> {
  const id = Math.floor(Math.random() * 65_536);
  const query = dnsPacket.encode({
    type: "query",
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ type: type as dnsPacket.RecordType, name }],
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1_232, flags: dnsPacket.DNSSEC_OK } as dnsPacket.OptAnswer],
  });
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const timer = setTimeout(() => end(undefined), WAIT_MS);
    const end = (answer: DnsAnswer | undefined) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.once("error", () => end(undefined));
    socket.on("message", (message) => {
      const answer = read(message, id, type);
      if (answer) end(answer);
    });
    socket.send(query, 53, address);
  });
}

/** Another's answer, or one that cannot be read, is none. */
function read(message: Buffer, id: number, type: string): DnsAnswer | undefined {
  try {
    const reply = dnsPacket.decode(message) as dnsPacket.DecodedPacket;
    if (reply.id !== id) return undefined;
    const answers = reply.answers ?? [];
    return {
      rcode: String((reply as { rcode?: string }).rcode),
      authentic: reply.flag_ad === true,
      signed: answers.some((a) => a.type === "RRSIG"),
      data: answers
        .filter((a) => a.type === type)
        .flatMap((a) => ("data" in a && typeof a.data === "string" ? [a.data.toLowerCase()] : []))
        .sort(),
    };
  } catch {
    return undefined;
  }
}

const questions = JSON.parse(await text(process.stdin)) as DnsQuestion[];
const answers: (DnsAnswer | null)[] = questions.map(() => null);
let next = 0;
const worker = async () => {
  for (let i = next++; i < questions.length; i = next++)
    for (let n = 0; n < TRIES && answers[i] === null; n++) answers[i] = (await ask(questions[i]!)) ?? null;
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
process.stdout.write(JSON.stringify(answers));
