// Which subjectAltName names an agent: one row a case, since this is where a clone would try its luck.
import assert from "node:assert/strict";
import { test } from "node:test";
import { agentOf } from "../../../console/gateway/identity.ts";
import { networkOf } from "../../../console/gateway/network.ts";

for (const [san, agent] of [
  ["URI:urn:vonggac:agent:so-noi-vu", "so-noi-vu"],
  ["DNS:x.test, URI:urn:vonggac:agent:br1", "br1"],
  [undefined, undefined],
  ["", undefined],
  ["URI:urn:vonggac:agent:", undefined],
  ["URI:urn:vonggac:agent:a, URI:urn:vonggac:agent:b", undefined],
  ["URI:urn:vonggac:agent:A", undefined],
  ["URI:urn:vonggac:agent:a b", undefined],
  ["URI:urn:vonggac:agent:a/../b", undefined],
  ["DNS:urn:vonggac:agent:a", undefined],
  ["URI:https://x/urn:vonggac:agent:a", undefined],
  ["URI:urn:vonggac:agent:-a", undefined],
  ['DNS:"x, URI:urn:vonggac:agent:a, y"', undefined],
] as const)
  test(`${san} names ${agent}`, () => assert.equal(agentOf(san), agent));

for (const [address, network] of [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::6", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  [undefined, ""],
] as const)
  test(`${address} belongs to ${network}`, () => assert.equal(networkOf(address), network));
