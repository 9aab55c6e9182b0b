/**
 * The resolver scenarios that Deckard's authors maintain (100 files, `val_*`), against our resolver and validator. They stand
 * beside the checkout in shared/vectors; where they do not, the suite says so and is skipped.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { type ResourceRecord, TYPE, verifyRrset } from "../../agent/wire/dns/index.ts";
import { signedRrsets } from "../../agent/wire/dns/resolver/classify.ts";
import { labelsForRrsig, parseRrsig } from "../../agent/wire/dns/rrsig.ts";
import { parseScenario } from "./rpl/parse.ts";
import { verifyRetired } from "./rpl/retired.ts";
import { runRpl, scenarioFiles } from "./rpl/suite.ts";
import type { Scenario } from "./rpl/syntax.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "..", "shared", "vectors", "dnssec", "deckard");
const COUNT = 100;
const missing = existsSync(FOLDER)
  ? false
  : "shared/vectors/dnssec/deckard is not beside the checkout: copy sets/resolver/val_*.rpl of CZ-NIC/deckard there";

describe("deckard", { skip: missing }, () => {
  test(`${COUNT} scenarios, every one agrees`, () => {
    const result = runRpl(FOLDER);
    assert.equal(result.passed + result.failed + result.skipped, COUNT);
    assert.deepEqual(result.failures, []);
    assert.deepEqual(result.skips, {});
  });

  test("every RRSIG verifies, or it is known why it does not", () => {
    const odd: string[] = [];
    const counts = { verifies: 0, "no-key": 0, "no-rrset": 0, broken: 0 };
    for (const file of scenarioFiles(FOLDER)) {
      const name = basename(file, ".rpl");
      for (const { why, text } of judgeSignatures(parseScenario(readFileSync(file, "utf8")))) {
        if (why === "verifies" || why === "no-key" || why === "no-rrset") counts[why]++;
        else if (BROKEN[name]?.why === why) counts.broken++;
        else odd.push(`${name}: ${why}: ${text}`);
      }
    }
    assert.deepEqual(odd, []);
    // `no-key`: the file has no DNSKEY of that tag for the signer. `no-rrset`: what it covers does not stand beside it.
    assert.deepEqual(counts, { verifies: 548, "no-key": 24, "no-rrset": 7, broken: 15 });
  });
});

/** Signatures that do not hold by the scenario's own intent (its title or comment) or by a slip in its text. */
const BROKEN: Readonly<Record<string, { readonly why: string; readonly because: string }>> = {
  val_ad_qtype_ds: {
    why: "bogus",
    because: "one copy of the SOA's signature lost its last eight characters; two are whole",
  },
  val_bogus_nodata: { why: "bogus", because: "title: bogus RRsets do not leak into SERVFAIL answers" },
  val_cname_to_unsigned_fake_rrsig: { why: "bogus", because: "title: CNAME with invalid RRSIG" },
  val_ds_cname: { why: "bogus", because: "the NSEC at the wildcard was edited after signing; SERVFAIL is expected" },
  val_minimal_anotherrrtypesignature: { why: "bogus", because: "the signature of another type, on purpose" },
  val_minimal_baddnskeyalgorithm: { why: "bogus", because: "key altered on purpose" },
  val_minimal_baddnskeyflags: { why: "bogus", because: "key altered on purpose" },
  val_minimal_baddnskeyprotocol: { why: "bogus", because: "key altered on purpose" },
  val_minimal_badpublickey: { why: "bogus", because: "key altered on purpose" },
  val_minimal_badrrsigexpiration: { why: "bogus", because: "field altered on purpose" },
  val_minimal_badrrsiginception: { why: "bogus", because: "field altered on purpose" },
  val_minimal_badrrsiglabels: { why: "bad-labels", because: "field altered on purpose" },
  val_minimal_badrrsigsignature: { why: "bogus", because: "signature altered on purpose" },
  val_minimal_badrrsigttl: { why: "bogus", because: "field altered on purpose" },
  val_nsec3_nods_badsig: { why: "bogus", because: "title: no DS referral with bad signature" },
};

function* judgeSignatures(scenario: Scenario): Generator<{ why: string; text: string }> {
  const sections: (readonly ResourceRecord[])[] = [];
  for (const entry of [...scenario.ranges.flatMap((r) => r.entries), ...scenario.steps.flatMap((s) => s.entry ?? [])]) {
    sections.push(entry.packet.answer ?? [], entry.packet.authority ?? [], entry.packet.additional ?? []);
  }
  const keys = sections.flat().filter((record) => record.type === TYPE.DNSKEY);
  const seen = new Set<string>();
  for (const set of sections.flatMap((section) => signedRrsets(section))) {
    const signatures = set.type === TYPE.RRSIG ? set.records : set.signatures;
    for (const rrsig of signatures) {
      const id =
        Buffer.from(rrsig.rdata).toString("hex") +
        set.records
          .map((r) => Buffer.from(r.rdata).toString("hex"))
          .sort()
          .join();
      if (seen.has(id)) continue;
      seen.add(id);
      const parsed = parseRrsig(rrsig.rdata);
      const text = `${rrsig.name} ${parsed?.typeCovered} ${parsed?.keyTag} ${parsed?.signer} ${labelsForRrsig(rrsig.name)}`;
      if (set.type === TYPE.RRSIG) yield { why: "no-rrset", text };
      else yield { why: judge(set.records, rrsig, keys), text };
    }
  }
}

function judge(rrset: readonly ResourceRecord[], rrsig: ResourceRecord, keys: readonly ResourceRecord[]): string {
  const parsed = parseRrsig(rrsig.rdata);
  if (!parsed) return "malformed";
  const nowSeconds = parsed.inception + 1;
  const reasons = keys.map((dnskey) => {
    const result = verifyRrset({ rrset, rrsig, dnskey, nowSeconds, verifyOther: verifyRetired });
    return result.ok ? "verifies" : result.reason;
  });
  if (reasons.includes("verifies")) return "verifies";
  return reasons.find((reason) => reason !== "wrong-key" && reason !== "signer-mismatch") ?? "no-key";
}
