/** Presentation format: every type reads, writes and reads back; what is no record is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DnsError, TYPE } from "../../../../../agent/wire/dns/index.ts";
import { formatIpv6, parseIpv6, readBitmap, writeBitmap } from "../../../../../agent/wire/dns/text/fields.ts";
import { parseQuestion, parseRecords, rdataText, recordText } from "../../../../../agent/wire/dns/text/record.ts";

/** Canonical forms: written, they come out as they went in. */
const LINES = [
  "a.example. 300 IN A 192.0.2.1",
  "a.example. 300 IN AAAA 2001:db8::1",
  "example. 300 IN NS Ns1.Example.",
  "example. 300 IN SOA ns1.example. a\\.b.example. 1 7200 3600 1209600 300",
  "example. 300 IN MX 10 mail.example.",
  'example. 300 IN TXT "one two" "q\\"uo;te" "\\000\\255"',
  "_sip._tcp.example. 300 IN SRV 0 5 5060 sip.example.",
  'example. 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
  "example. 300 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
  "example. 300 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
  "example. 300 IN RRSIG A 15 1 300 20300101000000 20000101000000 9033 example. AAECAw==",
  "example. 300 IN NSEC a.example. A NS SOA RRSIG NSEC TYPE65280",
  "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 300 IN NSEC3 1 1 12 AABBCCDD 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
  "example. 300 IN NSEC3PARAM 1 0 0 -",
  "_443._tcp.example. 300 IN TLSA 3 1 1 AB0C",
  'example. 300 IN CAA 0 issue "ca.example; policy=ev"',
  "example. 300 IN TYPE65280 \\# 3 010203",
  "example. 300 IN TYPE65280 \\# 0",
  "x\\.y\\032z.example. 300 IN DNAME a.",
];
for (const line of LINES) {
  test(`there and back: ${line}`, () => {
    const [record] = parseRecords(line);
    assert.equal(recordText(record!), line);
  });
}

test("zone files: $ORIGIN, $TTL, @, left-out owners, parentheses, comments, units", () => {
  const records = parseRecords(`$ORIGIN example.
$TTL 1h
@ IN SOA ns1 admin ( 1 ; serial
     2h 15m 1w 300 )
   NS ns1
ns1 60 A 192.0.2.1 ; glue
    IN 60 A 192.0.2.2
`);
  assert.deepEqual(records.map(recordText), [
    "example. 3600 IN SOA ns1.example. admin.example. 1 7200 900 604800 300",
    "example. 3600 IN NS ns1.example.",
    "ns1.example. 60 IN A 192.0.2.1",
    "ns1.example. 60 IN A 192.0.2.2",
  ]);
});

test("questions", () => {
  const question = parseQuestion("www.example. IN TYPE1");
  assert.deepEqual([question.type, question.class], [TYPE.A, 1]);
});

describe("refused", () => {
  for (const line of [
    "a. IN A 192.0.2",
    "a. IN A 192.0.2.256",
    "a. IN A 192.0.2.1 x",
    "a. IN AAAA ::g",
    "a. IN AAAA 1::2::3",
    "a. IN NOSUCH x",
    "a. IN MX x mail.",
    "a. IN MX 65536 mail.",
    "a. IN DS 1 5 1 ABC",
    "a. IN TYPE65280 \\# 3 0102",
    "a. IN TXT (",
    'a. IN TXT "open',
    "a. IN TXT )",
    `a. IN TXT ${"x".repeat(256)}`,
    "a. IN",
    "$INCLUDE file",
  ]) {
    test(line.slice(0, 40), () => assert.throws(() => parseRecords(line), DnsError));
  }
});

test("RDATA that does not fit its type is shown in generic form", () => {
  assert.equal(rdataText(TYPE.A, Uint8Array.of(1, 2)), "\\# 2 0102");
  assert.equal(rdataText(TYPE.NSEC, Uint8Array.of(0, 0, 0)), "\\# 3 000000");
});

test("type bitmaps come back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 40 }), (types) => {
      assert.deepEqual(
        readBitmap(writeBitmap(types), 0),
        [...types].sort((a, b) => a - b),
      );
    }),
  );
});

test("IPv6 text is that of RFC 5952 and comes back", () => {
  assert.equal(formatIpv6(parseIpv6("2001:DB8:0:0:1:0:0:1")!), "2001:db8::1:0:0:1");
  assert.equal(formatIpv6(parseIpv6("::ffff:192.0.2.1")!), "::ffff:c000:201");
  assert.equal(formatIpv6(parseIpv6("1:0:2:3:4:5:6:7")!), "1:0:2:3:4:5:6:7");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      assert.deepEqual(parseIpv6(formatIpv6(octets)), octets);
    }),
  );
});
