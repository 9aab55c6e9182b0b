/**
 * The whole machine in worlds made for it: trust and denial through a small signed tree, glue that is hearsay, servers that
 * fail, and zones that attack (KeyTrap, NSEC3 exhaustion, delegations without end).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ResourceRecord, TYPE } from "../../../../../agent/wire/dns/index.ts";
import { type Resolution, resolve, startRun } from "../../../../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../../../../agent/wire/dns/resolver/cache.ts";
import type { OutQuery } from "../../../../../agent/wire/dns/resolver/machine.ts";
import { parseRecords, recordText } from "../../../../../agent/wire/dns/text/record.ts";
import type { Anchor } from "../../../../../agent/wire/dns/validator/anchors.ts";
import { configOf, drive, LIMITS, NOW, type Scripted, type Server } from "../support/world.ts";
import { dsOf, makeKey, signedRecords, signedText, signRrset, type ZoneKey } from "../support/zone.ts";

const PERIOD = { inception: NOW - 86_400, expiration: NOW + 86_400 };
const ROOT = "192.0.2.1";
const VN = "192.0.2.2";

const rootKey = makeKey(".");
const vnKey = makeKey("vn.", 13);
const anchorOf = (key: ZoneKey): Anchor => ({ zone: key.zone, ds: [], dnskeys: [key.record.rdata] });
const rrs = (text: string): ResourceRecord[] => parseRecords(text);
const signed = (text: string, key: ZoneKey) => signedText(text, key, PERIOD);

const dnskeyOf = (key: ZoneKey): Scripted => ({ answer: signedRecords([key.record], key, PERIOD) });
const SOA_VN = "vn. 300 IN SOA ns.vn. admin.vn. 1 2 3 4 300";

/** The root: knows its key and delegates vn., with DS. */
function root(delegation: Partial<Scripted> = {}): Server {
  const ds = signedRecords([dsOf(vnKey)], rootKey, PERIOD);
  return ({ name, type }) => {
    if (name === "." && type === TYPE.DNSKEY) return dnskeyOf(rootKey);
    if (name === "vn." && type === TYPE.DS) return { answer: ds };
    return {
      reply: "NOERROR",
      authority: [...rrs("vn. 300 IN NS ns.vn."), ...ds],
      additional: rrs("ns.vn. 300 IN A 192.0.2.2"),
      ...delegation,
    };
  };
}

/** vn.: answers from signed text by name and type; absence by NSECs of the same text. */
function vn(text: string, negative: string, key = vnKey): Server {
  const records = signed(text, key);
  return ({ name, type }) => {
    if (name === "vn." && type === TYPE.DNSKEY) return dnskeyOf(key);
    const answer = records.filter(
      (r) => r.name === name && (r.type === type || r.type === TYPE.CNAME || covers(r, type) || covers(r, TYPE.CNAME)),
    );
    if (answer.length > 0) return { answer };
    const exists = records.some((r) => r.name === name);
    return { reply: exists ? "AA" : "AA NXDOMAIN", authority: signed(`${SOA_VN}\n${negative}`, key) };
  };
}

const covers = (record: ResourceRecord, type: number) =>
  record.type === TYPE.RRSIG && ((record.rdata[0]! << 8) | record.rdata[1]!) === type;

const ZONE = "www.vn. 300 IN A 203.0.113.1\nalias.vn. 300 IN CNAME www.vn.";
const NSECS = `vn. 300 IN NSEC alias.vn. NS SOA RRSIG NSEC DNSKEY
alias.vn. 300 IN NSEC www.vn. CNAME RRSIG NSEC
www.vn. 300 IN NSEC vn. A RRSIG NSEC`;

function ask(name: string, type: number, servers: Readonly<Record<string, Server>>, anchors = [anchorOf(rootKey)]) {
  return drive(resolve(startRun(configOf(anchors, ROOT), NOW), name, type), servers);
}

const said = ({ result }: { result: Resolution }) =>
  `${result.rcode} ${result.verdict.security} ${result.verdict.reason}`;

describe("a signed tree", () => {
  const servers = { [ROOT]: root(), [VN]: vn(ZONE, NSECS) };
  const rows: readonly (readonly [string, number, string])[] = [
    ["www.vn.", TYPE.A, "0 secure validated"],
    ["WWW.vn", TYPE.A, "0 secure validated"],
    ["alias.vn.", TYPE.A, "0 secure validated"],
    ["www.vn.", TYPE.AAAA, "0 secure validated"],
    ["none.vn.", TYPE.A, "3 secure validated"],
  ];
  for (const [name, type, expected] of rows) {
    test(`${name} ${type}: ${expected}`, () => assert.equal(said(ask(name, type, servers)), expected));
  }

  test("the referral's DS is used: no query for it", () => {
    const { queries } = ask("www.vn.", TYPE.A, servers);
    assert.deepEqual(
      queries.map((q) => `${q.server} ${q.name} ${q.type}`),
      [`${ROOT} www.vn. 1`, `${VN} www.vn. 1`, `${ROOT} . 48`, `${VN} vn. 48`],
    );
  });

  test("a shared cache asks nothing twice, until it is stale", () => {
    const cache = new ResolverCache();
    const run = (now: number) =>
      drive(resolve(startRun(configOf([anchorOf(rootKey)], ROOT), now, cache), "www.vn.", 1), servers, now);
    assert.equal(run(NOW).queries.length, 4);
    assert.equal(run(NOW + 100).queries.length, 0);
    assert.equal(run(NOW + 301).queries.length > 0, true);
  });

  test("no anchor: indeterminate; another's anchor: bogus, and says where", () => {
    assert.equal(said(ask("www.vn.", TYPE.A, servers, [])), "0 indeterminate no-anchor");
    const other = ask("www.vn.", TYPE.A, servers, [anchorOf(makeKey("."))]).result;
    assert.deepEqual(other.verdict, {
      security: "bogus",
      reason: "ds-mismatch",
      where: { zone: ".", name: ".", type: TYPE.DNSKEY },
    });
  });

  test("a private anchor below an unsigned root (split horizon)", () => {
    const island = ask("www.vn.", TYPE.A, servers, [anchorOf(vnKey)]);
    assert.equal(said(island), "0 secure validated");
    assert.equal(
      island.queries.some((q) => q.name === "."),
      false,
    );
  });
});

describe("broken in one way each", () => {
  const late = { inception: NOW - 2000, expiration: NOW - 1000 };
  const www = rrs("www.vn. 300 IN A 203.0.113.1");
  const healthy = vn(ZONE, NSECS);
  const serve =
    (answer: readonly ResourceRecord[]): Server =>
    (query) =>
      query.type === TYPE.A ? { answer } : healthy(query);
  const stranger = makeKey("vn.");
  const rows: readonly (readonly [string, Server])[] = [
    ["signature-expired", serve([...www, signRrset(www, vnKey, late)])],
    ["signature-missing", serve(www)],
    ["key-missing", serve([...www, signRrset(www, stranger, PERIOD)])],
    ["signature-invalid", serve([...rrs("www.vn. 300 IN A 203.0.113.9"), signRrset(www, vnKey, PERIOD)])],
    [
      "ds-mismatch",
      ({ type }) => (type === TYPE.DNSKEY ? dnskeyOf(stranger) : { answer: signed(ZONE, stranger).slice(0, 2) }),
    ],
    [
      "dnskey-missing",
      ({ type }) => (type === TYPE.DNSKEY ? { reply: "SERVFAIL" } : { answer: signed(ZONE, vnKey).slice(0, 2) }),
    ],
    [
      "wildcard-unproven",
      serve([
        ...www,
        { ...signRrset(rrs("*.vn. 300 IN A 203.0.113.1"), vnKey, PERIOD), name: "www.vn.", owner: www[0]!.owner },
      ]),
    ],
  ];
  for (const [reason, server] of rows) {
    test(reason, () => {
      const { result } = ask("www.vn.", TYPE.A, { [ROOT]: root(), [VN]: server });
      assert.deepEqual([result.verdict.security, result.verdict.reason], ["bogus", reason]);
    });
  }
  test("denial-missing and denial-insufficient", () => {
    assert.equal(said(ask("none.vn.", TYPE.A, { [ROOT]: root(), [VN]: vn(ZONE, "") })), "3 bogus denial-missing");
    const half = "alias.vn. 300 IN NSEC www.vn. CNAME RRSIG NSEC";
    assert.equal(
      said(ask("none.vn.", TYPE.A, { [ROOT]: root(), [VN]: vn(ZONE, half) })),
      "3 bogus denial-insufficient",
    );
  });
});

describe("unsigned below a signed root", () => {
  const plain: Server = ({ name, type }) =>
    name === "www.vn." && type === TYPE.A
      ? { answer: rrs("www.vn. 300 IN A 203.0.113.1") }
      : { authority: rrs(SOA_VN) };
  const proof = (text: string) => ({ authority: [...rrs("vn. 300 IN NS ns.vn."), ...signed(text, rootKey)] });

  test("proven by the referral's NSEC: insecure", () => {
    const servers = { [ROOT]: root(proof("vn. 300 IN NSEC . NS RRSIG NSEC")), [VN]: plain };
    assert.equal(said(ask("www.vn.", TYPE.A, servers)), "0 insecure no-ds");
  });
  test("DS of unknown algorithms only: insecure", () => {
    const servers = { [ROOT]: strangeDs(`vn. 300 IN DS 1 253 2 ${"00".repeat(32)}`), [VN]: plain };
    assert.equal(said(ask("www.vn.", TYPE.A, servers)), "0 insecure unsupported-algorithm");
  });
  test("DS of unknown digest only: insecure", () => {
    const servers = { [ROOT]: strangeDs(`vn. 300 IN DS 1 13 9 ${"00".repeat(32)}`), [VN]: plain };
    assert.equal(said(ask("www.vn.", TYPE.A, servers)), "0 insecure unsupported-digest");
  });
  function strangeDs(text: string): Server {
    const ds = signed(text, rootKey);
    const usual = root({ authority: [...rrs("vn. 300 IN NS ns.vn."), ...ds] });
    return (query) => (query.type === TYPE.DS ? { answer: ds } : usual(query));
  }
});

describe("servers", () => {
  test("glue beyond the server's own zone is not believed", () => {
    const liar: Server = ({ name }) =>
      name.endsWith("evil.vn.")
        ? {
            reply: "NOERROR",
            authority: rrs("evil.vn. 300 IN NS www.bank.com."),
            additional: rrs("www.bank.com. 300 IN A 198.51.100.66"),
          }
        : { reply: "REFUSED" };
    const { queries } = ask("a.evil.vn.", TYPE.A, { [ROOT]: root(), [VN]: liar });
    assert.equal(
      queries.some((q) => q.server === "198.51.100.66"),
      false,
    );
    assert.equal(
      queries.some((q) => q.name === "www.bank.com."),
      true,
    );
  });

  test("a dead and a lame server are passed over; what was tried is told", () => {
    const two = {
      authority: [
        ...rrs("vn. 300 IN NS a.vn.\nvn. 300 IN NS b.vn.\nvn. 300 IN NS c.vn."),
        ...signedRecords([dsOf(vnKey)], rootKey, PERIOD),
      ],
      additional: rrs("a.vn. 300 IN A 192.0.2.7\nb.vn. 300 IN A 192.0.2.8\nc.vn. 300 IN A 192.0.2.2"),
    };
    const servers = { [ROOT]: root(two), "192.0.2.8": () => ({ reply: "REFUSED" }), [VN]: vn(ZONE, NSECS) };
    assert.equal(said(ask("www.vn.", TYPE.A, servers)), "0 secure validated");
    const none = ask("www.vn.", TYPE.A, { ...servers, [VN]: () => undefined }).result;
    assert.deepEqual(none.failure?.failures, [
      { server: "192.0.2.7", failure: "timeout" },
      { server: "192.0.2.8", failure: "lame" },
      { server: VN, failure: "timeout" },
    ]);
    assert.equal(none.verdict.reason, "no-response");
  });

  test("one server with a bad signature, one good: the good one is found", () => {
    const both = { additional: rrs("ns.vn. 300 IN A 192.0.2.9\nns.vn. 300 IN A 192.0.2.2") };
    const stale = signed(ZONE.replace("203.0.113.1", "203.0.113.2"), vnKey).map((r, i) =>
      i === 0 ? rrs("www.vn. 300 IN A 1.1.1.1")[0]! : r,
    );
    const bad: Server = ({ type }) => (type === TYPE.DNSKEY ? dnskeyOf(vnKey) : { answer: stale.slice(0, 2) });
    const played = ask("www.vn.", TYPE.A, { [ROOT]: root(both), "192.0.2.9": bad, [VN]: vn(ZONE, NSECS) });
    assert.equal(said(played), "0 secure validated");
    assert.equal(recordText(played.result.answer[0]!.records[0]!), "www.vn. 300 IN A 203.0.113.1");
  });

  test("a truncated answer is asked for again over TCP", () => {
    const cut: Server = (query) => (query.transport === "udp" ? { reply: "AA TC" } : vn(ZONE, NSECS)(query));
    const { result, queries } = ask("www.vn.", TYPE.A, { [ROOT]: root(), [VN]: cut });
    assert.equal(result.verdict.security, "secure");
    assert.equal(queries.filter((q) => q.transport === "tcp").length, 2);
  });

  test("a forwarder is asked with RD and CD, and judged here", () => {
    const forward = vn(ZONE, NSECS);
    const upstream: Server = (query) =>
      query.name === "." ? dnskeyOf(rootKey) : query.type === TYPE.DS ? root()(query) : forward(query);
    const config = {
      ...configOf([anchorOf(rootKey)], ROOT),
      routes: [{ zone: ".", kind: "forward" as const, servers: [{ name: "r.", addresses: ["192.0.2.53"] }] }],
    };
    const { result, queries } = drive(resolve(startRun(config, NOW), "www.vn.", TYPE.A), { "192.0.2.53": upstream });
    assert.equal(result.verdict.security, "secure");
    assert.equal(
      queries.every((q: OutQuery) => q.recursionDesired && q.checkingDisabled),
      true,
    );
  });
});

describe("DNAME", () => {
  const below = (target: string) =>
    `d.vn. 300 IN DNAME ${target}\nwww.vn. 300 IN A 203.0.113.1\nx.www.vn. 300 IN A 203.0.113.2`;
  const serve = (target: string): Server => {
    const healthy = vn(below(target), NSECS);
    const dname = signed(`d.vn. 300 IN DNAME ${target}`, vnKey);
    return (query) => (query.name.endsWith(".d.vn.") && query.type !== TYPE.DS ? { answer: dname } : healthy(query));
  };
  test("a CNAME is made of it, and it is enough that it is signed", () => {
    const played = ask("x.d.vn.", TYPE.A, { [ROOT]: root(), [VN]: serve("www.vn.") });
    assert.equal(said(played), "0 secure validated");
    assert.deepEqual(
      played.result.answer.map((set) => `${set.name} ${set.type}`),
      ["d.vn. 39", "x.d.vn. 5", "x.www.vn. 1"],
    );
  });
  test("a target that would be too long is YXDOMAIN", () => {
    const long = `${"a".repeat(60)}.`.repeat(4);
    const { result } = ask(`${"b".repeat(50)}.d.vn.`, TYPE.A, { [ROOT]: root(), [VN]: serve(long) });
    assert.deepEqual([result.rcode, result.verdict.security], [6, "secure"]);
  });
});

describe("attacks", () => {
  test("KeyTrap: colliding keys and signatures cost a bounded number of verifications", () => {
    // Many keys with one tag: two octets of the key are exchanged for two others of the same sum (RFC 4034 appendix B).
    const keys = Array.from({ length: 200 }, (_, i) => {
      const rdata = Uint8Array.from(vnKey.record.rdata);
      rdata[6] = (rdata[6]! + i) & 0xff;
      rdata[8] = (rdata[8]! - i) & 0xff;
      return { ...vnKey.record, rdata };
    });
    const www = rrs("www.vn. 300 IN A 203.0.113.1");
    const good = signRrset(www, vnKey, PERIOD);
    const signatures = Array.from({ length: 200 }, (_, i) => {
      const rdata = Uint8Array.from(good.rdata);
      rdata[rdata.length - 1] = rdata.at(-1)! ^ (i + 1);
      return { ...good, rdata };
    });
    const keySet = [vnKey.record, ...keys.slice(1)];
    const server: Server = ({ type }) =>
      type === TYPE.DNSKEY ? { answer: signedRecords(keySet, vnKey, PERIOD) } : { answer: [...www, ...signatures] };
    const run = startRun(configOf([anchorOf(rootKey)], ROOT), NOW);
    const started = process.cpuUsage();
    const { result } = drive(resolve(run, "www.vn.", TYPE.A), { [ROOT]: root(), [VN]: server });
    const spentMs = process.cpuUsage(started).user / 1000;
    assert.deepEqual([result.verdict.security, result.verdict.reason], ["bogus", "work-limit"]);
    assert.ok(spentMs < 500, `${spentMs} ms`);
  });

  test("NSEC3 exhaustion: a deep name costs a bounded number of hashes", () => {
    const hash = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
    const text = `${SOA_VN}\n${hash}.vn. 300 IN NSEC3 1 0 100 ${"ab".repeat(200)} ${hash} A`;
    const server: Server = ({ type }) =>
      type === TYPE.DNSKEY ? dnskeyOf(vnKey) : { reply: "AA NXDOMAIN", authority: signed(text, vnKey) };
    const run = startRun(configOf([anchorOf(rootKey)], ROOT), NOW, new ResolverCache(), { ...LIMITS, hashes: 50 });
    const { result } = drive(resolve(run, `${"a.".repeat(110)}vn.`, TYPE.A), { [ROOT]: root(), [VN]: server });
    assert.deepEqual([result.verdict.security, result.verdict.reason], ["bogus", "work-limit"]);
  });

  test("more NSEC3 iterations than the limit: insecure, not hashed", () => {
    const hash = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
    const text = `${SOA_VN}\n${hash}.vn. 300 IN NSEC3 1 0 5000 - ${hash} A`;
    const server: Server = ({ type }) =>
      type === TYPE.DNSKEY ? dnskeyOf(vnKey) : { reply: "AA NXDOMAIN", authority: signed(text, vnKey) };
    assert.equal(said(ask("none.vn.", TYPE.A, { [ROOT]: root(), [VN]: server })), "3 insecure nsec3-iterations");
  });

  test("delegations without end stop at the query budget", () => {
    let count = 0;
    const endless: Server = ({ name, type }) => {
      if (name === "." && type === TYPE.DNSKEY) return dnskeyOf(rootKey);
      count++;
      return {
        reply: "NOERROR",
        authority: rrs(
          `vn. 300 IN NS n${count}.a${count}.com.\nvn. 300 IN NS m${count}.b${count}.com.\ncom. 300 IN NS x${count}.y${count}.vn.`,
        ),
      };
    };
    const { result, queries } = ask("www.vn.", TYPE.A, { [ROOT]: endless });
    assert.equal(result.rcode, 2);
    assert.ok(queries.length <= LIMITS.queries, String(queries.length));
  });

  test("a chain of aliases without end is a loop or meets its limit", () => {
    let n = 0;
    const server: Server = ({ name, type }) =>
      type === TYPE.DNSKEY ? dnskeyOf(vnKey) : { answer: signed(`${name} 300 IN CNAME n${++n}.vn.`, vnKey) };
    const { result } = ask("www.vn.", TYPE.A, { [ROOT]: root(), [VN]: server });
    assert.deepEqual([result.rcode, result.verdict.reason], [2, "work-limit"]);
    assert.ok(n < 30);
  });
});
