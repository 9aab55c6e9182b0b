/** TSIG: what a server signs is believed, and nothing else; keys in the forms in which name servers keep them. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DnsError, nameToWire, readMessage } from "../../../../agent/wire/dns/index.ts";
import { writeQuery } from "../../../../agent/wire/dns/query.ts";
import { signQuery, type TsigKey, TsigStream } from "../../../../agent/wire/dns/tsig.ts";
import { readTsigKey } from "../../../../agent/wire/dns/tsig-key.ts";

const KEY: TsigKey = { name: "transfer.", algorithm: "hmac-sha256", secret: Buffer.alloc(32, 1) };
const NOW = 1_800_000_000;
const query = writeQuery({ id: 7, name: "camau.gov.vn.", type: 252, edns: false });
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const timers = (at: number) => Buffer.concat([u16(0), u16(at / 65_536), u16(at % 65_536), u16(300)]);

/** A server's side, written apart from what is tested: a message with its TSIG, and the MAC. */
function answer(body: Buffer, prior: Uint8Array, between: readonly Buffer[], first: boolean, at = NOW) {
  const mac = createHmac("sha256", KEY.secret);
  mac.update(u16(prior.length)).update(prior);
  for (const one of [...between, body]) mac.update(one);
  const head = [nameToWire("transfer."), u16(255), u16(0), u16(0), nameToWire("hmac-sha256.")];
  mac.update(Buffer.concat(first ? [...head, timers(at), u16(0), u16(0)] : [timers(at)]));
  const digest = mac.digest();
  const rdata = [nameToWire("hmac-sha256."), timers(at), u16(32), digest, body.subarray(0, 2), u16(0), u16(0)];
  const length = rdata.reduce((sum, one) => sum + one.length, 0);
  const record = [nameToWire("transfer."), u16(250), u16(255), u16(0), u16(0), u16(length), ...rdata];
  const octets = Buffer.concat([body, ...record]);
  octets.writeUInt16BE(octets.readUInt16BE(10) + 1, 10);
  return { octets, digest };
}
const body = Buffer.from(query);
body[2] = 0x84;
const stream = () => new TsigStream(KEY, signQuery(query, KEY, NOW).mac);
const { mac } = signQuery(query, KEY, NOW);

test("a signed query reads as a message with one more record, and names the key", () => {
  const [record] = readMessage(signQuery(query, KEY, NOW).octets).additional;
  assert.deepEqual([record!.name, record!.type, record!.class], ["transfer.", 250, 255]);
});

test("a stream: signed, two unsigned, signed again over all of them; whole only then", () => {
  const taken = stream();
  const one = answer(body, mac, [], true);
  assert.equal(taken.take(one.octets, NOW), undefined);
  assert.equal(taken.take(body, NOW), undefined);
  assert.equal(taken.take(body, NOW), undefined);
  assert.equal(taken.isComplete, false);
  assert.equal(taken.take(answer(body, one.digest, [body, body], false).octets, NOW), undefined);
  assert.equal(taken.isComplete, true);
});

describe("what is not believed", () => {
  const good = answer(body, mac, [], true).octets;
  const over = (change: (octets: Buffer) => void) => {
    const octets = Buffer.from(good);
    change(octets);
    return octets;
  };
  const ROWS: readonly [string, Buffer, number, string][] = [
    ["no signature", body, NOW, "unsigned"],
    ["a flag changed", over((o) => (o[3] = 0x80)), NOW, "bad-signature"],
    ["a MAC changed", over((o) => (o[o.length - 8]! ^= 1)), NOW, "bad-signature"],
    ["yesterday's", good, NOW + 86_400, "bad-time"],
    ["another request's", answer(body, Buffer.alloc(32), [], true).octets, NOW, "bad-signature"],
    ["another key's name", over((o) => (o[o.indexOf("transfer") + 1] = 0x78)), NOW, "other-key"],
    ["a key that the server does not know", over((o) => o.writeUInt16BE(17, o.length - 4)), NOW, "key-refused"],
  ];
  for (const [what, octets, now, why] of ROWS)
    test(`${what}: ${why}`, () => assert.equal(stream().take(octets, now), why));

  test("any octets: never believed, never a crash but by name", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        // The request's id is put back before the MAC is made, so that a relay may change it (§5.3).
        if (at < 2 || isCaseOnly(good[at]!, flip)) return;
        assert.notEqual(verdictOf(over((o) => (o[at]! ^= flip))), undefined, `octet ${at}`);
      }),
    );
  });
});

function verdictOf(octets: Buffer): string | undefined {
  try {
    return stream().take(octets, NOW);
  } catch (error) {
    if (error instanceof DnsError) return error.code;
    throw error;
  }
}

/** Names compare without case. */
const isCaseOnly = (octet: number, flip: number) => flip === 0x20 && /[a-z]/i.test(String.fromCharCode(octet));

describe("keys as name servers keep them", () => {
  const secret = Buffer.alloc(32, 1).toString("base64");
  const FORMS: readonly [string, string][] = [
    ["BIND", `# made by hand\nkey "Transfer" {\n\talgorithm hmac-sha256;\n\tsecret "${secret}";\n};\n`],
    ["Knot DNS", `# hmac-sha256:x:y\nkey:\n  - id: transfer\n    algorithm: hmac-sha256\n    secret: ${secret}\n`],
    ["one line", `hmac-sha256:transfer:${secret}\n`],
  ];
  for (const [form, text] of FORMS) test(form, () => assert.deepEqual(readTsigKey(text), KEY));

  const BAD: readonly [string, string][] = [
    ["nothing", ""],
    ["an old algorithm", `hmac-md5:transfer:${secret}`],
    ["a secret that is cut", `hmac-sha256:transfer:${secret.slice(0, 9)}!`],
  ];
  for (const [what, text] of BAD)
    test(`refused, without the secret in the words: ${what}`, () =>
      assert.throws(
        () => readTsigKey(text),
        (error: Error) => !error.message.includes(secret.slice(0, 9)),
      ));
});
