/** Signatures, keys and digests: published examples, own signatures, and the reason of each refusal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  dsDigest,
  keyTag,
  type ResourceRecord,
  TYPE,
  type VerifyFailure,
  validity,
  verifyRrset,
} from "../../../../agent/wire/dns/index.ts";
import { parseRecords } from "../../../../agent/wire/dns/text/record.ts";
import { NOW } from "./support/world.ts";
import { makeKey, recordOf, signRrset, type ZoneKey } from "./support/zone.ts";

/** Ed25519 and Ed448 of RFC 8080 §6, ECDSA of RFC 6605 §6, RSA/SHA-256 and RSA/SHA-512 of RFC 5702 §6. */
const PUBLISHED: readonly (readonly [string, string, number])[] = [
  [
    "Ed25519, RFC 8080 §6.1",
    `example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
example.com. 3600 IN MX 10 mail.example.com.
example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==`,
    1439000000,
  ],
  [
    "P-256, RFC 6605 §6.1",
    `example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==
www.example.net. 3600 IN A 192.0.2.1
www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==`,
    1282000000,
  ],
  [
    "RSA/SHA-256, RFC 5702 §6.1",
    `example.net. 3600 IN DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=
www.example.net. 3600 IN A 192.0.2.91
www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==`,
    1282000000,
  ],
];

function split(text: string): { rrset: ResourceRecord[]; rrsig: ResourceRecord; dnskey: ResourceRecord } {
  const records = parseRecords(text);
  return {
    dnskey: records.find((r) => r.type === TYPE.DNSKEY)!,
    rrsig: records.find((r) => r.type === TYPE.RRSIG)!,
    rrset: records.filter((r) => r.type !== TYPE.DNSKEY && r.type !== TYPE.RRSIG),
  };
}

describe("published signatures", () => {
  for (const [name, text, nowSeconds] of PUBLISHED) {
    test(name, () => {
      const parts = split(text);
      assert.equal(verifyRrset({ ...parts, nowSeconds }).ok, true);
      const flipped = { ...parts.rrset[0]!, rdata: parts.rrset[0]!.rdata.map((o, i) => (i === 3 ? o ^ 1 : o)) };
      assert.deepEqual(verifyRrset({ ...parts, rrset: [flipped], nowSeconds }), { ok: false, reason: "bogus" });
    });
  }
});

test("DS of RFC 4034 §5.4 (SHA-1) and RFC 4509 §2.3 (SHA-256)", () => {
  const [key] = parseRecords(
    "dskey.example.com. 86400 IN DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
  );
  assert.equal(keyTag(key!.rdata), 60485);
  const digest = (type: number) =>
    Buffer.from(dsDigest(key!.owner, key!.rdata, type)!)
      .toString("hex")
      .toUpperCase();
  assert.equal(digest(1), "2BB183AF5F22588179A53B0A98631FAD1A292118");
  assert.equal(digest(2), "D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A");
  assert.equal(dsDigest(key!.owner, key!.rdata, 3), undefined);
});

test("validity is serial arithmetic: over the wrap of 2106 too", () => {
  const period = { inception: 2 ** 32 - 100, expiration: 100 };
  assert.deepEqual(validity(period, 2 ** 32 - 50), { state: "valid", secondsLeft: 150 });
  assert.deepEqual(validity(period, 2 ** 32 + 50), { state: "valid", secondsLeft: 50 });
  assert.equal(validity(period, 2 ** 32 + 101).state, "expired");
  assert.equal(validity(period, 2 ** 32 - 101).state, "not-yet-valid");
  assert.equal(validity({ inception: 200, expiration: 100 }, 150).state, "expired");
});

describe("own signatures", () => {
  const period = { inception: NOW - 1000, expiration: NOW + 1000 };
  const key = makeKey("example.");
  const rrset = parseRecords("www.example. 300 IN TXT b\nwww.example. 300 IN TXT a\nwww.example. 300 IN TXT a");
  const rrsig = signRrset(rrset, key, period);
  const verify = (change: Partial<Parameters<typeof verifyRrset>[0]> = {}) =>
    verifyRrset({ rrset, rrsig, dnskey: key.record, nowSeconds: NOW, ...change });

  test("order, case and duplicates do not matter; TTL does not either", () => {
    const shuffled = [...rrset].reverse().map((record) => ({ ...record, ttl: 5 }));
    const upper = shuffled.map((record) => ({ ...record, owner: Buffer.from(record.owner).map(upperOctet) }));
    assert.equal(verify({ rrset: upper }).ok, true);
    assert.equal(verify({ rrset: rrset.slice(0, 2) }).ok, true);
    assert.deepEqual(verify({ rrset: rrset.slice(1) }), { ok: false, reason: "bogus" });
  });

  test("a wildcard is recognised, and its labels cannot exceed the owner's", () => {
    const wild = signRrset(parseRecords("*.example. 300 IN A 192.0.2.1"), key, period);
    const expanded = parseRecords("a.b.example. 300 IN A 192.0.2.1");
    const result = verify({ rrset: expanded, rrsig: { ...wild, name: "a.b.example.", owner: expanded[0]!.owner } });
    assert.equal(result.ok && result.wildcard, true);
    const own = verify({ rrset: parseRecords("*.example. 300 IN A 192.0.2.1"), rrsig: wild });
    assert.equal(own.ok && own.wildcard, undefined);
  });

  const altered = (at: number, value: number): ResourceRecord => ({
    ...rrsig,
    rdata: rrsig.rdata.map((octet, i) => (i === at ? value : octet)),
  });
  const withFlags = (flags: number, protocol = 3): ZoneKey => {
    const rdata = Uint8Array.from(key.record.rdata);
    rdata[0] = flags >> 8;
    rdata[1] = flags & 0xff;
    rdata[2] = protocol;
    return { ...key, record: { ...key.record, rdata } };
  };
  const signedBy = (other: ZoneKey) => ({ rrsig: signRrset(rrset, other, period), dnskey: other.record });
  const ed448 = recordOf("example.", TYPE.DNSKEY, Uint8Array.from([1, 1, 3, 16, ...new Uint8Array(10)]));
  const cases: readonly (readonly [VerifyFailure, () => Partial<Parameters<typeof verifyRrset>[0]>])[] = [
    ["expired", () => ({ nowSeconds: NOW + 1001 })],
    ["not-yet-valid", () => ({ nowSeconds: NOW - 1001 })],
    ["malformed", () => ({ rrsig: { ...rrsig, rdata: rrsig.rdata.subarray(0, 10) } })],
    ["mismatch", () => ({ rrset: [] })],
    ["mismatch", () => ({ rrset: parseRecords("www.example. 300 IN A 192.0.2.1") })],
    ["mismatch", () => ({ rrset: parseRecords("w.example. 300 IN TXT a") })],
    ["bad-labels", () => ({ rrsig: altered(3, 9) })],
    ["wrong-key", () => ({ rrsig: altered(17, (rrsig.rdata[17]! + 1) & 0xff) })],
    ["wrong-key", () => ({ rrsig: altered(2, 13) })],
    ["signer-mismatch", () => ({ dnskey: { ...key.record, name: "other." } })],
    ["not-zone-key", () => signedBy(withFlags(0x0001))],
    ["bad-protocol", () => signedBy(withFlags(0x0101, 2))],
    ["revoked-key", () => signedBy(withFlags(0x0181))],
    ["bogus", () => ({ rrsig: altered(rrsig.rdata.length - 1, rrsig.rdata.at(-1)! ^ 1) })],
    [
      "bad-key",
      () => ({
        dnskey: ed448,
        rrsig: {
          ...rrsig,
          rdata: Uint8Array.from(rrsig.rdata, (octet, i) =>
            i === 2 ? 16 : i === 16 ? keyTag(ed448.rdata) >> 8 : i === 17 ? keyTag(ed448.rdata) & 0xff : octet,
          ),
        },
      }),
    ],
  ];
  for (const [reason, change] of cases) {
    test(`refused: ${reason}`, () => assert.deepEqual(verify(change()), { ok: false, reason }));
  }

  test("a revoked key still signs its own DNSKEY RRset (RFC 5011)", () => {
    const revoked = withFlags(0x0181);
    const set = [revoked.record];
    const own = signRrset(set, revoked, period);
    assert.equal(verifyRrset({ rrset: set, rrsig: own, dnskey: revoked.record, nowSeconds: NOW }).ok, true);
  });
});

const upperOctet = (octet: number) => (octet >= 0x61 && octet <= 0x7a ? octet - 32 : octet);
