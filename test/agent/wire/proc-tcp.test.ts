import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAddress } from "../../../agent/wire/address.ts";
import { establishedSessions, sessionKey, tcpCounters } from "../../../agent/wire/proc-tcp.ts";

// Lines as a kernel 6.1 on a little-endian machine prints them.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:00B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5501 1 0000000000000000 100 0 0 10 0
   1: 0100000A:00B3 0200000A:C350 01 00000000:00000000 02:00000486 00000000     0        0 5502 2 0000000000000000 20 4 30 10 -1
   2: 0500000A:A001 0600000A:00B3 01 00000000:00000000 02:00000486 00000000     0        0 5503 2 0000000000000000 20 4 30 10 -1
   3: 0700000A:A002 0800000A:00B3 02 00000000:00000000 01:00000486 00000000     0        0 5504 2 0000000000000000 20 4 30 10 -1
   4: 0900000A:0016 0A00000A:A003 01 00000000:00000000 02:00000486 00000000     0        0 5505 2 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: B80D0120000000000000000001000000:00B3 B80D0120000000000000000002000000:B3B3 01 00000000:00000000 02:00000486 00000000     0        0 5502 2 0000000000000000 20 4 30 10 -1
   1: 0000000000000000FFFF00000100000A:00B3 0000000000000000FFFF00000200000A:B3B4 01 00000000:00000000 02:00000486 00000000     0        0 5502 2 0000000000000000 20 4 30 10 -1
`;
const key = (local: string, peer: string) => sessionKey(parseAddress(local)!, parseAddress(peer)!);

test("established sessions with port 179 at either end, and no others", () => {
  assert.deepEqual(establishedSessions(TCP, 179, true), [key("10.0.0.1", "10.0.0.2"), key("10.0.0.5", "10.0.0.6")]);
});

test("IPv6 words are turned round one by one; a mapped address is its IPv4 address", () => {
  assert.deepEqual(establishedSessions(TCP6, 179, true), [
    key("2001:db8::1", "2001:db8::2"),
    key("10.0.0.1", "10.0.0.2"),
  ]);
});

test("a big-endian machine prints the octets in their order", () => {
  const line = "   1: 0A000001:00B3 0A000002:C350 01 0 0\n";
  assert.deepEqual(establishedSessions(line, 179, false), [key("10.0.0.1", "10.0.0.2")]);
});

const octets = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
/** What the kernel prints: %08X of each 32-bit word in its own byte order. */
function printed(address: Uint8Array, littleEndian: boolean): string {
  const words = [];
  for (let i = 0; i < address.length; i += 4) {
    const word = Buffer.from(address.subarray(i, i + 4));
    words.push((littleEndian ? word.reverse() : word).toString("hex").toUpperCase());
  }
  return words.join("");
}
const port = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");

test("whatever the kernel lists is found again", () => {
  const session = fc.record({
    local: octets,
    peer: octets,
    localPort: fc.constantFrom(179, 22, 0xb3b3),
    peerPort: fc.constantFrom(179, 50_000),
    state: fc.constantFrom("01", "06", "08", "0A"),
  });
  fc.assert(
    fc.property(fc.array(session), fc.boolean(), (sessions, littleEndian) => {
      const text = sessions
        .map(
          (s, i) =>
            `${String(i).padStart(4)}: ${printed(s.local, littleEndian)}:${port(s.localPort)} ` +
            `${printed(s.peer, littleEndian)}:${port(s.peerPort)} ${s.state} 00000000:00000000 00:00000000\n`,
        )
        .join("");
      const text4 = (a: Uint8Array) => parseAddress(textOf(a))!;
      const expected = sessions
        .filter((s) => s.state === "01" && (s.localPort === 179 || s.peerPort === 179))
        .map((s) => sessionKey(text4(s.local), text4(s.peer)));
      assert.deepEqual(establishedSessions(text, 179, littleEndian), expected);
    }),
  );
});

function textOf(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const hex = Buffer.from(address).toString("hex");
  return hex.match(/.{4}/g)!.join(":");
}

test("hostile listings are passed over, never thrown at", () => {
  const near = fc.stringMatching(/^[0-9A-F: \n]{0,200}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      establishedSessions(`${text}:00B3 ${text}`, 179, true);
      tcpCounters(`Tcp: ${text}\nTcp: ${text}`);
    }),
    { numRuns: 1_000 },
  );
});

test("counters come from the columns that bear their names", () => {
  const text =
    "Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm ActiveOpens PassiveOpens CurrEstab InSegs\nTcp: 1 78 2 5 999\n";
  assert.deepEqual(tcpCounters(text), { opened: 80, current: 5 });
  assert.equal(tcpCounters("Tcp: ActiveOpens\nTcp: 1\n"), undefined);
  assert.equal(tcpCounters(""), undefined);
});
