// Addresses turned round: at octets and nibbles, between them, and below a /24.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isReversedIn, reverseName, reverseZones } from "../../../infra/plan/reverse.ts";

describe("reverse zones", () => {
  for (const [prefix, zones] of [
    ["203.0.113.0/24", ["113.0.203.in-addr.arpa"]],
    ["10.0.0.0/8", ["10.in-addr.arpa"]],
    ["11.22.4.0/22", ["4.22.11.in-addr.arpa", "5.22.11.in-addr.arpa", "6.22.11.in-addr.arpa", "7.22.11.in-addr.arpa"]],
    ["203.0.113.64/26", ["64-26.113.0.203.in-addr.arpa"]],
    ["2001:db8:4000::/40", ["0.4.8.b.d.0.1.0.0.2.ip6.arpa"]],
    ["2a00:10::/31", ["0.1.0.0.0.0.a.2.ip6.arpa", "1.1.0.0.0.0.a.2.ip6.arpa"]],
  ] as const)
    it(`of ${prefix}: ${zones.length}`, () => assert.deepEqual(reverseZones(prefix), zones));

  it("hold their prefix's addresses and no other", () => {
    assert.equal(reverseName("203.0.113.70", "64-26.113.0.203.in-addr.arpa"), "70.64-26.113.0.203.in-addr.arpa");
    assert.equal(isReversedIn("203.0.113.70", "64-26.113.0.203.in-addr.arpa"), true);
    assert.equal(isReversedIn("203.0.113.128", "64-26.113.0.203.in-addr.arpa"), false);
    assert.equal(isReversedIn("10.1.2.3", "10.in-addr.arpa"), true);
    assert.equal(isReversedIn("11.1.2.3", "10.in-addr.arpa"), false);
    assert.equal(isReversedIn("2001:db8:4010::1", "0.4.8.b.d.0.1.0.0.2.ip6.arpa"), true);
    assert.equal(isReversedIn("2001:db8:5010::1", "0.4.8.b.d.0.1.0.0.2.ip6.arpa"), false);
  });
});
