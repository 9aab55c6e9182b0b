/** Messages: what a good one gives, and the name of each refusal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DnsError, nameToWire, readHeader, readMessage, TYPE, writeQuery } from "../../../../agent/wire/dns/index.ts";

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
const code = (bytes: Uint8Array): string => {
  try {
    readMessage(bytes);
  } catch (error) {
    if (error instanceof DnsError) return error.code;
    throw error;
  }
  return "none";
};

const QUESTION = "07 6578616d706c65 00 0002 0001"; // example. NS
const head = (counts: string, flags = "8400") => `1234 ${flags} ${counts}`;
/** An NS record whose RDATA is compressed against the question. */
const COMPRESSED = "c00c 0002 0001 00000e10 0006 03 4e5331 c00c";
const OPT = "00 0029 04d0 01 00 8000 000c 000f 0008 0007 6c617465 0000".replace("0008 0007", "0008 0007");

test("a compressed message: names expanded, case kept in octets, lowered in text", () => {
  const message = readMessage(hex(`${head("0001 0001 0000 0000")} ${QUESTION} ${COMPRESSED}`));
  assert.deepEqual([message.id, message.response, message.authoritative, message.rcode], [0x1234, true, true, 0]);
  assert.equal(message.questions[0]!.name, "example.");
  const [ns] = message.answer;
  assert.equal(ns!.name, "example.");
  assert.equal(ns!.ttl, 3600);
  assert.deepEqual(Buffer.from(ns!.rdata), Buffer.from(nameToWire("NS1.example.")));
});

test("EDNS: extended rcode, DO, EDE", () => {
  const message = readMessage(hex(`${head("0001 0000 0000 0001", "8003")} ${QUESTION} ${OPT}`));
  assert.equal(message.rcode, 16 + 3);
  assert.equal(message.edns!.dnssecOk, true);
  assert.equal(message.edns!.udpSize, 1232);
  assert.deepEqual(message.edns!.extendedErrors, [{ code: 7, text: "late" }]);
});

test("an unknown type passes as octets, a TTL with the top bit is 0", () => {
  const message = readMessage(hex(`${head("0000 0001 0000 0000")} 00 ff00 0001 ffffffff 0003 c00cff`));
  assert.deepEqual(Buffer.from(message.answer[0]!.rdata), hex("c00cff"));
  assert.equal(message.answer[0]!.ttl, 0);
});

describe("refusals", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["truncated", "1234"],
    ["truncated", `${head("0001 0000 0000 0000")} 07 6578`],
    ["truncated", `${head("0001 0001 0000 0000")} ${QUESTION}`],
    ["truncated", `${head("0001 0001 0000 0000")} ${QUESTION} c00c 0001 0001 00000e10 0004 0102`],
    ["trailing-bytes", `${head("0001 0000 0000 0000")} ${QUESTION} 00`],
    ["pointer-loop", `${head("0001 0000 0000 0000")} c00c 0002 0001`],
    ["label-type", `${head("0001 0000 0000 0000")} 41 00 0002 0001`],
    ["bad-rdata", `${head("0000 0001 0000 0000")} 00 0002 0001 00000000 0003 00 ffff`],
    ["bad-rdata", `${head("0000 0001 0000 0000")} 00 0006 0001 00000000 0003 00 00 ff`],
    ["truncated", `${head("0000 0001 0000 0000")} 00 0002 0001 00000000 0000`],
    ["duplicate-opt", `${head("0001 0000 0000 0002")} ${QUESTION} ${OPT} ${OPT}`],
    ["bad-opt", `${head("0001 0001 0000 0000")} ${QUESTION} ${OPT}`],
    ["bad-opt", `${head("0001 0000 0000 0001")} ${QUESTION} c00c 0029 04d0 00000000 0000`],
    ["bad-opt", `${head("0001 0000 0000 0001")} ${QUESTION} 00 0029 04d0 00000000 0004 000f 0009`],
  ];
  for (const [expected, bytes] of cases) {
    test(`${expected}: ${bytes.slice(10, 60)}`, () => assert.equal(code(hex(bytes)), expected));
  }
  test("too-long", () => assert.equal(code(new Uint8Array(65536)), "too-long"));
});

test("a query reads back as what was asked, its case kept", () => {
  const options = [{ code: 10, data: hex("0102030405060708") }];
  const bytes = writeQuery({ id: 7, name: "WwW.example", type: TYPE.A, dnssecOk: true, adFlag: true, options });
  const message = readMessage(bytes);
  assert.deepEqual([message.id, message.authenticData, message.recursionDesired], [7, true, false]);
  assert.deepEqual(Buffer.from(message.questions[0]!.wire), Buffer.from(nameToWire("WwW.example.")));
  assert.deepEqual([message.edns!.udpSize, message.edns!.dnssecOk, message.edns!.options.length], [1232, true, 1]);
  assert.equal(readMessage(writeQuery({ id: 7, name: ".", type: TYPE.NS, edns: false })).edns, undefined);
  assert.equal(readHeader(bytes).id, 7);
});
