/** NSEC3 logic: the zone of RFC 5155 appendix A, its examples of appendix B, and attacks on it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TYPE } from "../../../../../agent/wire/dns/index.ts";
import { Budget } from "../../../../../agent/wire/dns/resolver/budget.ts";
import { toBase32Hex } from "../../../../../agent/wire/dns/text/fields.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";
import { Nsec3Chain, nsec3Hash, parseNsec3 } from "../../../../../agent/wire/dns/validator/nsec3.ts";

const SALT = Buffer.from("aabbccdd", "hex");
const record = (text: string, flags = 1) => {
  const [hash, next, ...types] = text.split(" ");
  const line = `${hash}.example. 3600 IN NSEC3 1 ${flags} 12 aabbccdd ${next} ${types.join(" ")}`;
  return parseNsec3(parseRecords(line)[0]!)!;
};
const limits = { queries: 1, verifications: 1, hashes: 50, aliases: 1 };
const chain = (lines: readonly string[], flags = 1, hashes = 50) =>
  new Nsec3Chain(
    lines.map((line) => record(line, flags)),
    "example.",
    new Budget({ ...limits, hashes }),
  );

test("hashes of RFC 5155 appendix A", () => {
  const hash = (name: string) => toBase32Hex(nsec3Hash(name, SALT, 12));
  assert.equal(hash("example."), "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom");
  assert.equal(hash("*.w.example."), "r53bq7cc2uvmubfu5ocmm6pers9tk9en");
  assert.equal(hash("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example."), "kohar7mbb8dc2ce8a9qvl8hon4k53uhi");
});

const APEX = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG";
const X_W = "b4um86eghhds6nea196smvmlo4ors995 gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG";
const WILD_X_W = "35mthgpgcu1qg68fab165klnsnk3dpvl b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG";
const NS1 = "2t7b4g4vsa5smi47k61mv5bv1a22bojr 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG";
const ENT = "ji6neoaepv8b5o6k4ev33abha8ht9fgc k8udemvp1j2f7eg6jebps17vp3n8i58h";
const W = "k8udemvp1j2f7eg6jebps17vp3n8i58h kohar7mbb8dc2ce8a9qvl8hon4k53uhi";
const Z_W = "q04jkcevqvmu85r014c7dkba38o0ji5r r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG";
const WILD_W = "r53bq7cc2uvmubfu5ocmm6pers9tk9en t644ebqk9bibcna874givr6joj62mlhv MX RRSIG";

describe("appendix B", () => {
  test("B.1 name error: opt-out makes it insecure, without opt-out it is proven", () => {
    assert.equal(chain([APEX, X_W, WILD_X_W]).proveNameError("a.c.x.w.example."), "proven-opt-out");
    assert.equal(chain([APEX, X_W, WILD_X_W], 0).proveNameError("a.c.x.w.example."), "proven");
  });
  for (const [missing, rest] of [
    ["next closer", [X_W, WILD_X_W]],
    ["closest encloser", [APEX, WILD_X_W]],
    ["wildcard", [APEX, X_W]],
  ] as const) {
    test(`B.1 without the ${missing}`, () => {
      assert.equal(chain(rest, 0).proveNameError("a.c.x.w.example."), "unproven");
    });
  }
  test("B.2 no data", () => {
    assert.equal(chain([NS1]).proveNodata("ns1.example.", TYPE.MX), "proven");
    assert.equal(chain([NS1]).proveNodata("ns1.example.", TYPE.A), "unproven");
  });
  test("B.2.1 empty non-terminal", () => assert.equal(chain([ENT]).proveNodata("y.w.example.", TYPE.A), "proven"));
  test("B.3 referral to an opt-out unsigned zone", () => {
    assert.equal(chain([WILD_X_W, APEX]).judgeCut("c.example."), "opt-out");
    assert.equal(chain([WILD_X_W, APEX], 0).judgeCut("c.example."), "no-cut");
    assert.equal(chain([WILD_X_W]).judgeCut("c.example."), "unproven");
  });
  test("B.4 wildcard expansion", () => {
    assert.equal(chain([Z_W], 0).proveExpansion("a.z.w.example.", "w.example."), "proven");
    assert.equal(chain([Z_W]).proveExpansion("a.z.w.example.", "w.example."), "proven-opt-out");
    assert.equal(chain([NS1], 0).proveExpansion("a.z.w.example.", "w.example."), "unproven");
  });
  test("B.5 wildcard no data", () => {
    assert.equal(chain([W, Z_W, WILD_W], 0).proveNodata("a.z.w.example.", TYPE.AAAA), "proven");
    assert.equal(chain([W, Z_W, WILD_W], 0).proveNodata("a.z.w.example.", TYPE.MX), "unproven");
    assert.equal(chain([W, WILD_W], 0).proveNodata("a.z.w.example.", TYPE.AAAA), "unproven");
  });
  test("B.6 DS at the apex of the child", () => {
    assert.equal(chain([APEX]).proveNodata("example.", TYPE.DS), "unproven");
    assert.equal(chain([APEX]).judgeCut("example."), "unproven");
  });
});

describe("hostile", () => {
  test("hashes stop at the budget", () => {
    const name = `${"a.".repeat(100)}example.`;
    assert.equal(chain([NS1], 0, 20).proveNameError(name), "work-limit");
    assert.equal(chain([NS1], 0, 20).judgeCut(name), "work-limit");
  });
  test("the same name is hashed once", () => {
    const one = chain([NS1], 0, 1);
    for (let i = 0; i < 5; i++) assert.equal(one.proveNodata("ns1.example.", TYPE.MX), "proven");
  });
  test("parameters are not mixed", () => {
    const other = parseNsec3(
      parseRecords(`${X_W.split(" ")[0]}.example. 3600 IN NSEC3 1 0 1 - gjeqe526plbf1g8mklp59enfd789njgi MX`)[0]!,
    )!;
    const mixed = new Nsec3Chain([record(APEX, 0), other, record(WILD_X_W, 0)], "example.", new Budget(limits));
    assert.equal(mixed.proveNameError("a.c.x.w.example."), "unproven");
  });
  test("unknown flags and broken RDATA are no NSEC3", () => {
    const parse = (rdata: string) => {
      const [made] = parseRecords(`${NS1.split(" ")[0]}.example. 3600 IN NSEC3 \\# ${rdata.length / 2} ${rdata}`);
      return parseNsec3(made!);
    };
    assert.ok(parse("01000000000101"));
    assert.equal(parse("01020000000101"), undefined);
    assert.equal(parse("010000"), undefined);
    assert.equal(parse("01000000ff00"), undefined);
    assert.equal(parse("0100000000ff00"), undefined);
  });
});
