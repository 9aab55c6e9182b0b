// Run inside a host's network namespace by ready.ts: asks each service of a list until all have answered or the time is over,
// and prints those that have not. Standard input: {deadlineMs, probes}; standard output: a JSON array of their labels.
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import dnsPacket from "dns-packet";

export type Probe =
  | { label: string; kind: "tcp"; address: string; port: number }
  /** `signed`: the answer must bear an RRSIG; `validated`: the resolver must have set AD. */
  | { label: string; kind: "dns"; address: string; name: string; type: string; want: "signed" | "validated" };

const TRY_MS = 1_000;

const answers = (probe: Probe): Promise<boolean> => (probe.kind === "tcp" ? tcpAnswers(probe) : dnsAnswers(probe));

function tcpAnswers({ address, port }: Extract<Probe, { kind: "tcp" }>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: TRY_MS });
    const end = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket
      .once("connect", () => end(true))
      .once("timeout", () => end(false))
      .once("error", () => end(false));
  });
}

function dnsAnswers({ address, name, type, want }: Extract<Probe, { kind: "dns" }>): Promise<boolean> {
  const query = dnsPacket.encode({
    type: "query",
    id: Math.floor(Math.random() * 65_536),
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ type: type as dnsPacket.RecordType, name }],
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1_232, flags: dnsPacket.DNSSEC_OK } as dnsPacket.OptAnswer],
  });
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const timer = setTimeout(() => end(false), TRY_MS);
    const end = (ok: boolean) => {
      clearTimeout(timer);
      socket.close();
      resolve(ok);
    };
    socket.once("error", () => end(false));
    socket.once("message", (message) => {
      const reply = dnsPacket.decode(message) as dnsPacket.DecodedPacket;
      const signed = (reply.answers ?? []).some((a) => a.type === "RRSIG");
      end(want === "signed" ? signed : signed && reply.flag_ad === true);
    });
    socket.send(query, 53, address);
  });
}

let text = "";
for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
const { deadlineMs, probes } = JSON.parse(text) as { deadlineMs: number; probes: Probe[] };
const end = Date.now() + deadlineMs;
let missing = probes;
for (;;) {
  const found = await Promise.all(missing.map((probe) => answers(probe).catch(() => false)));
  missing = missing.filter((_, i) => !found[i]);
  if (missing.length === 0 || Date.now() >= end) break;
  await sleep(200);
}
process.stdout.write(JSON.stringify(missing.map((p) => p.label)));
