// zone and resolver against a real Knot DNS and a real Unbound; signatures are real, faults are made in the zone's text.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { resolver } from "../../../agent/checks/resolver.ts";
import { zone } from "../../../agent/checks/zone.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { Dns, missing, ZONE } from "../support/dns.ts";
import { expectFindings } from "../support/expect.ts";
import { worldOf } from "../support/world.ts";

const DAY = 86_400_000;
const head = { id: "t", agency: "a", agent: "hub1", asset: `zone:${ZONE}`, everyMs: 1_000 };

describe("a signed zone", { skip: missing.length > 0 && `not installed: ${missing.join(", ")}` }, () => {
  const dns = new Dns();
  before(() => dns.start());
  after(() => dns.stop());

  const zoneTarget = (addresses: string[]): TargetOf<"zone"> => ({
    ...head,
    kind: "zone",
    expects: {
      zone: ZONE,
      servers: addresses.map((address, i) => ({ name: `ns${i + 1}`, address, asset: `ns${i + 1}` })),
      names: [
        { name: `www.${ZONE}`, type: "A" },
        { name: `WWW.${ZONE}.`, type: "AAAA" },
        { name: `big.${ZONE}`, type: "TXT" },
      ],
      warnFraction: 0.25,
    },
  });
  const look = (days = 0, addresses = ["127.0.0.1", "::1"]) =>
    zone.run(zoneTarget(addresses), worldOf({ ...dns.doors(() => dns.port), now: () => Date.now() + days * DAY }));
  const both = (words: string) => {
    const [tag, ...rest] = words.split(" ");
    return ["ns1 127.0.0.1", "ns2 ::1"].map((server) => [tag, server, ...rest].join(" "));
  };

  test("good on every server, also what is too large for UDP", async () => {
    dns.serve(dns.signed);
    const outcome = await look();
    expectFindings(outcome, []);
    assert.deepEqual("facts" in outcome && outcome.facts, { earliestExpiryDays: 9 });
  });

  test("time: a stopped signer is one finding a server, with counts and the earliest end", async () => {
    expectFindings(await look(7), []);
    const soon = await look(8);
    expectFindings(soon, both("ZONE_SIGNATURE_EXPIRES_SOON"));
    assert.ok("findings" in soon);
    assert.equal(soon.findings[0]!.evidence["count"], 5);
    assert.match(String(soon.findings[0]!.evidence["earliest"]), /^\d{4}-\d\d-\d\dT/);
    expectFindings(await look(11), both("ZONE_SIGNATURE_EXPIRED"));
  });

  test("one record that differs from what was signed", async () => {
    dns.serve(dns.signed.replace(/(www\S*\s+\d+\s+A\s+)192\.0\.2\.80/, "$1192.0.2.66"));
    expectFindings(await look(), both(`ZONE_SIGNATURE_BOGUS www.${ZONE}./A`));
  });

  test("a signature that is gone, a record that is gone", async () => {
    dns.serve(dns.signed.replace(/^www\S*\s+\d+\s+RRSIG\s+AAAA .*$/m, ""));
    expectFindings(await look(), both(`ZONE_SIGNATURE_MISSING www.${ZONE}./AAAA`));
    dns.serve(dns.signed.replace(/^big.*\n/gm, ""));
    expectFindings(await look(), both(`ZONE_SIGNATURE_MISSING big.${ZONE}./TXT`));
  });

  test("no keys: that is the one thing to say", async () => {
    dns.serve(dns.signed.replace(/^\S+\s+\d+\s+DNSKEY\s.*$/gm, ""));
    expectFindings(await look(), both(`ZONE_SIGNATURE_MISSING ${ZONE}./DNSKEY`));
  });

  test("signed by another key than the ones shown", async () => {
    // The zone-signing key's tag changes with one octet of it.
    const other = dns.signed.replace(/(DNSKEY\s+256 3 13 )(....)/, "$1AAAA");
    dns.serve(other);
    const outcome = await look();
    assert.ok("findings" in outcome);
    assert.ok(outcome.findings.length >= 8, JSON.stringify(outcome.findings));
    assert.ok(outcome.findings.every((f) => f.tag === "ZONE_SIGNATURE_BOGUS"));
  });

  test("servers: one out of reach, one that refuses", async () => {
    dns.serve(dns.signed);
    expectFindings(await look(0, ["127.0.0.1", "127.0.0.9"]), ["ZONE_SERVER_UNREACHABLE ns2 127.0.0.9"]);
    const foreign = { ...zoneTarget(["127.0.0.1"]) };
    foreign.expects = { ...foreign.expects, zone: "elsewhere.example", names: [] };
    expectFindings(await zone.run(foreign, worldOf(dns.doors(() => dns.port))), ["ZONE_SERVER_REFUSES ns1 127.0.0.1"]);
  });

  test("servers: on a lossy line one that answers is asked again; one that never answers a question is told of", async () => {
    dns.serve(dns.signed);
    const doors = dns.doors(() => dns.port);
    /** Loses the first so many questions of one kind. */
    const lossy = (first: number) => {
      let lost = 0;
      const AAAA = Buffer.from([0, 28, 0, 1]);
      const exchangeUdp: typeof doors.exchangeUdp = async (to, query, accepts, timeoutMs) =>
        Buffer.from(query).includes(AAAA) && lost++ < first
          ? { ok: false, why: "timeout", detail: "lost" }
          : doors.exchangeUdp(to, query, accepts, timeoutMs);
      return worldOf({ ...doors, exchangeUdp, now: () => Date.now() });
    };
    expectFindings(await zone.run(zoneTarget(["127.0.0.1"]), lossy(4)), []);
    expectFindings(await zone.run(zoneTarget(["127.0.0.1"]), lossy(1_000)), ["ZONE_SERVER_UNREACHABLE ns1 127.0.0.1"]);
  });

  const ask = (address = "127.0.0.1") => {
    const target: TargetOf<"resolver"> = {
      ...head,
      kind: "resolver",
      expects: {
        address,
        names: [
          { name: `www.${ZONE}`, type: "A", zoneAsset: `zone:${ZONE}` },
          { name: `www.${ZONE}`, type: "AAAA", zoneAsset: `zone:${ZONE}` },
        ],
        bogusName: `ns1.${ZONE}`,
      },
    };
    return resolver.run(target, worldOf(dns.doors(() => dns.resolverPort)));
  };
  const bogusNs1 = () => dns.signed.replace(/(ns1\S*\s+\d+\s+A\s+)192\.0\.2\.1/, "$1192.0.2.66");

  test("a resolver that validates answers for what is right and refuses what is wrong", async () => {
    await dns.startResolver();
    dns.serve(bogusNs1());
    expectFindings(await ask(), []);
    dns.serve(bogusNs1().replace(/(www\S*\s+\d+\s+A\s+)192\.0\.2\.80/, "$1192.0.2.66"));
    const outcome = await ask();
    expectFindings(outcome, [`RESOLVER_ANSWER_BOGUS www.${ZONE}/A`]);
    assert.ok("findings" in outcome);
    assert.deepEqual(outcome.findings[0]!.evidence["ede"], ["6"]);
  });

  test("a resolver that does not validate, and one that is not there", async () => {
    await dns.startResolver("iterator");
    dns.serve(bogusNs1());
    expectFindings(await ask(), [
      `RESOLVER_ACCEPTS_BOGUS ns1.${ZONE}`,
      `RESOLVER_NOT_VALIDATING www.${ZONE}/A`,
      `RESOLVER_NOT_VALIDATING www.${ZONE}/AAAA`,
    ]);
    expectFindings(await ask("127.0.0.9"), ["RESOLVER_UNREACHABLE 127.0.0.9"]);
  });
});
