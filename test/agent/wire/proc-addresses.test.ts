// Lines of /proc/net/if_inet6 as kernels write them, and others.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAddresses6 } from "../../../agent/wire/proc-addresses.ts";

const hex = (text: string) => parseAddresses6(text).map((a) => Buffer.from(a).toString("hex"));

test("every address but one that somebody else has; what is no line is passed over", () => {
  const lines = [
    "20010db8401000000000000000000001 02 40 00 80     lan0",
    "20010db8401000000000000000000002 02 40 00 88     lan0",
    "fe80000000000000206 3b7fffe1e9748 02 40 20 80     lan0",
    "fe80000000000000206367fffe1e9748 1a3 40 20 240 eth1",
    "",
  ];
  assert.deepEqual(hex(lines.join("\n")), ["20010db8401000000000000000000001", "fe80000000000000206367fffe1e9748"]);
});

test("whatever stands there, nothing is thrown and every address has sixteen octets", () => {
  fc.assert(fc.property(fc.string(), (text) => parseAddresses6(text).every((a) => a.length === 16)));
});
