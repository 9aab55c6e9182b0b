import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import { addressKey, holds, parseAddress, parsePrefix } from "../../../agent/wire/address.ts";

const hex = (text: string) => {
  const address = parseAddress(text);
  return address && addressKey(address);
};

test("addresses become octets, whatever their spelling", () => {
  const table: [string, string | undefined][] = [
    ["10.0.0.1", "0a000001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["2001:DB8:0:0:0:0:0:1", "20010db8000000000000000000000001"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["fe80::1%eth0", "fe800000000000000000000000000001"],
    ["64:ff9b::192.0.2.1", "0064ff9b0000000000000000c0000201"],
    ["::ffff:192.0.2.1", "c0000201"],
    ["1.2.3", undefined],
    ["1.2.3.256", undefined],
    ["01.2.3.4", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1::2::3", undefined],
    ["1:2:3:4:5:6:7:8::", undefined],
    ["12345::", undefined],
    ["1.2.3.4::", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of table) assert.equal(hex(text), expected, text);
});

test("what ip-address makes of an address is what we make of it", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const theirs = Buffer.from(new Address6(text).toUnsignedByteArray()).toString("hex").padStart(32, "0");
      const ours = hex(text)!;
      assert.equal(ours.length === 8 ? `00000000000000000000ffff${ours}` : ours, theirs);
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), (text) =>
      assert.equal(hex(text), Buffer.from(new Address4(text).toArray()).toString("hex")),
    ),
  );
});

test("any text: an address exactly when Node says so", () => {
  const near = fc.stringMatching(/^[0-9a-f:.%]{0,24}$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string(), fc.ipV6(), fc.ipV4()), (text) => {
      const bare = text.split("%")[0]!;
      assert.equal(parseAddress(text) !== undefined, isIP(bare) !== 0, text);
    }),
    { numRuns: 2_000 },
  );
});

test("prefixes hold what lies within them, and nothing of the other family", () => {
  const table: [string, string, boolean][] = [
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.128.0.0/9", "10.127.0.1", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8:40::/42", "2001:db8:7f::1", true],
    ["2001:db8:40::/42", "2001:db8:80::1", false],
    ["2001:db8::1/128", "2001:db8::1", true],
    ["2001:db8::1/128", "2001:db8::2", false],
  ];
  for (const [prefix, address, expected] of table)
    assert.equal(holds(parsePrefix(prefix)!, parseAddress(address)!), expected, `${address} in ${prefix}`);
  for (const bad of ["10.0.0.0", "10.0.0.0/33", "2001:db8::/129", "/8", "10.0.0.0/-1", "10.0.0.0/1e1"])
    assert.equal(parsePrefix(bad), undefined, bad);
});

test("holds agrees with arithmetic on whole numbers", () => {
  const octets = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(octets, octets, fc.integer({ min: 0, max: 128 }), (a, b, length) => {
      const number = (x: Uint8Array) => BigInt(`0x${Buffer.from(x).toString("hex")}`) >> BigInt(128 - length);
      assert.equal(holds({ address: a, length }, b), number(a) === number(b));
    }),
  );
});
