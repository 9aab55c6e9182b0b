// A zone by AXFR (RFC 5936), signed with a key where there is one (RFC 8945). For a zone of one's own only: the caller sees to it.
// Pure: the stream of messages and the time are handed in; bounded in records and octets.
import { DnsError } from "./dns/errors.ts";
import { type ResourceRecord, readMessage } from "./dns/message.ts";
import { writeQuery } from "./dns/query.ts";
import { signQuery, type TsigFailure, type TsigKey, TsigStream } from "./dns/tsig.ts";
import { RCODE, TYPE } from "./dns/types.ts";

const TIMEOUT_MS = 10_000;
const MAX_RECORDS = 200_000;
const MAX_OCTETS = 64 * 1_048_576;

/** `refused`: the server said no. `unreachable`: no TCP, or the stream ended early. `too-large`: more than is read here. */
export type TransferFailure = TsigFailure | "refused" | "unreachable" | "malformed" | "too-large";
export type Transferred = { ok: true; records: readonly ResourceRecord[] } | { ok: false; why: TransferFailure };

/** What a transfer needs of the world; agent/check.ts's World has it. */
export interface TransferDoors {
  now(): number;
  random16(): number;
  streamTcp(
    to: { address: string; port: number },
    query: Uint8Array,
    take: (message: Uint8Array) => "more" | "done",
    timeoutMs: number,
  ): Promise<{ ok: boolean }>;
}

/** All records of the zone as one server has them, the closing SOA left out. */
export async function transferZone(
  zone: string,
  to: { address: string; port: number },
  doors: TransferDoors,
  key?: TsigKey,
): Promise<Transferred> {
  const id = doors.random16();
  const query = writeQuery({ id, name: zone, type: TYPE.AXFR, edns: false });
  const nowSeconds = () => Math.floor(doors.now() / 1_000);
  const signed = key && signQuery(query, key, nowSeconds());
  const reader = new TransferReader(zone, id, key && new TsigStream(key, signed!.mac));
  const take = (message: Uint8Array) => reader.take(message, nowSeconds());
  const streamed = await doors.streamTcp(to, signed?.octets ?? query, take, TIMEOUT_MS);
  if (reader.failure) return { ok: false, why: reader.failure };
  return streamed.ok ? { ok: true, records: reader.records } : { ok: false, why: "unreachable" };
}

/** From the first SOA to the second one (RFC 5936 §2.2). */
class TransferReader {
  readonly records: ResourceRecord[] = [];
  failure: TransferFailure | undefined;
  private octets = 0;
  private readonly zone: string;
  private readonly id: number;
  private readonly tsig: TsigStream | undefined;

  constructor(zone: string, id: number, tsig: TsigStream | undefined) {
    this.zone = zone;
    this.id = id;
    this.tsig = tsig;
  }

  take(message: Uint8Array, nowSeconds: number): "more" | "done" {
    try {
      return this.read(message, nowSeconds);
    } catch (error) {
      if (error instanceof DnsError) return this.fail("malformed");
      throw error;
    }
  }

  private read(octets: Uint8Array, nowSeconds: number): "more" | "done" {
    const message = readMessage(octets);
    if (!message.response || message.id !== this.id) return this.fail("malformed");
    this.octets += octets.length;
    const unproven = this.tsig?.take(octets, nowSeconds);
    // A plain refusal is often unsigned, and says more than that it is.
    if (message.rcode !== RCODE.NOERROR) return this.fail(unproven === "key-refused" ? unproven : "refused");
    if (unproven) return this.fail(unproven);
    for (const record of message.answer) {
      const isSoa = record.type === TYPE.SOA && record.name === this.zone;
      if (this.records.length === 0 && !isSoa) return this.fail("malformed");
      if (this.records.length > 0 && isSoa) return this.end();
      this.records.push(record);
    }
    if (this.records.length === 0) return this.fail("refused");
    if (this.records.length > MAX_RECORDS || this.octets > MAX_OCTETS) return this.fail("too-large");
    return "more";
  }

  private end(): "done" {
    if (this.tsig && !this.tsig.isComplete) this.failure = "unsigned";
    return "done";
  }

  private fail(why: TransferFailure): "done" {
    this.failure = why;
    return "done";
  }
}
