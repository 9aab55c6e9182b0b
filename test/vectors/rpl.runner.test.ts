/** The scenario runner itself: both dialects, every step, named skips, and that a wrong expectation is noticed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseScenario } from "./rpl/parse.ts";
import { Skip } from "./rpl/syntax.ts";
import { play } from "./rpl/world.ts";

const UNBOUND = `server:
	target-fetch-policy: "0 0 0 0 0"
	qname-minimisation: "no"
	minimal-responses: no
stub-zone:
	name: "."
	stub-addr: 193.0.14.129 	# K.ROOT-SERVERS.NET.
CONFIG_END
SCENARIO_BEGIN Two servers, the first dead
; the root
RANGE_BEGIN 0 100
	ADDRESS 193.0.14.129
ENTRY_BEGIN
MATCH opcode qtype qname
ADJUST copy_id
REPLY QR AA NOERROR
SECTION QUESTION
. IN NS
SECTION ANSWER
. IN NS K.ROOT-SERVERS.NET.
SECTION ADDITIONAL
K.ROOT-SERVERS.NET. IN A 193.0.14.129
ENTRY_END
ENTRY_BEGIN
MATCH opcode subdomain
ADJUST copy_id copy_query
REPLY QR NOERROR
SECTION QUESTION
example. IN NS
SECTION AUTHORITY
example. IN NS a.example.
example. IN NS b.example.
SECTION ADDITIONAL
a.example. IN A 192.0.2.1
b.example. IN A 192.0.2.2
ENTRY_END
RANGE_END
RANGE_BEGIN 0 100
	ADDRESS 192.0.2.2
ENTRY_BEGIN
MATCH opcode qtype qname
ADJUST copy_id
REPLY QR AA NOERROR
SECTION QUESTION
www.example. IN A
SECTION ANSWER
www.example. 60 IN A 203.0.113.1
SECTION AUTHORITY
example. IN NS b.example.
SECTION ADDITIONAL
b.example. IN A 192.0.2.2
ENTRY_END
RANGE_END
STEP 1 QUERY
ENTRY_BEGIN
REPLY RD
SECTION QUESTION
www.example. IN A
ENTRY_END
STEP 2 CHECK_OUT_QUERY ADDRESS 192.0.2.1
ENTRY_BEGIN
MATCH opcode qname qtype DO
REPLY
SECTION QUESTION
www.example. IN A
ENTRY_END
STEP 3 TIMEOUT
STEP 4 CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY QR RD RA NOERROR
SECTION QUESTION
www.example. IN A
SECTION ANSWER
www.example. IN A 203.0.113.1
SECTION AUTHORITY
example. IN NS b.example.
SECTION ADDITIONAL
b.example. IN A 192.0.2.2
ENTRY_END
STEP 5 TIME_PASSES ELAPSE 30
STEP 6 QUERY
ENTRY_BEGIN
REPLY RD DO
SECTION QUESTION
WWW.example. IN A
ENTRY_END
STEP 7 CHECK_ANSWER
ENTRY_BEGIN
MATCH opcode qname rcode answer
REPLY QR RD RA DO NOERROR
SECTION QUESTION
www.example. IN A
SECTION ANSWER
www.example. IN A 203.0.113.1
ENTRY_END
SCENARIO_END
`;

const outcome = (text: string) => play(parseScenario(text));

test("a scenario in Unbound's dialect holds: priming, the script, a watched query, a timeout, the cache", () => {
  assert.deepEqual(outcome(UNBOUND), { checked: 3, failure: undefined, queries: 4 });
});

describe("a wrong expectation is noticed", () => {
  const changes: readonly (readonly [string, string, string, RegExp])[] = [
    ["flags", "REPLY QR RD RA NOERROR", "REPLY QR RD RA AD NOERROR", /step 4: flags/],
    ["rcode", "REPLY QR RD RA NOERROR", "REPLY QR RD RA NXDOMAIN", /step 4: rcode/],
    [
      "answer",
      "www.example. IN A 203.0.113.1\nSECTION AUTHORITY",
      "www.example. IN A 203.0.113.2\nSECTION AUTHORITY",
      /step 4: answer/,
    ],
    ["EDNS", "REPLY QR RD RA NOERROR", "REPLY QR RD RA DO NOERROR", /step 4: edns/],
    [
      "one record more",
      "SECTION ADDITIONAL\nb.example. IN A 192.0.2.2\nENTRY_END\nSTEP 5",
      "SECTION ADDITIONAL\nENTRY_END\nSTEP 5",
      /step 4: additional/,
    ],
    ["the server asked", "ADDRESS 192.0.2.1", "ADDRESS 192.0.2.9", /step 2: no such query/],
    ["EDE", "MATCH opcode qname rcode answer", "MATCH rcode ede=9", /step 7: ede=9/],
    ["TTL", "MATCH all", "MATCH all ttl", /step 4: answer/],
  ];
  for (const [what, from, to, expected] of changes) {
    test(what, () => {
      assert.ok(UNBOUND.includes(from));
      assert.match(outcome(UNBOUND.replace(from, to)).failure ?? "held", expected);
    });
  }
  test("a scenario that checks nothing fails", () => {
    assert.equal(
      outcome("CONFIG_END\nSCENARIO_BEGIN x\nSTEP 1 NOTHING\nSCENARIO_END\n").failure,
      "nothing was checked",
    );
  });
});

describe("what is not known is skipped by name", () => {
  const changes: readonly (readonly [string, string, string])[] = [
    ["qname-minimisation:", "no-such-option:", "option no-such-option"],
    ["minimal-responses: no", "serve-expired: yes", "option serve-expired: yes"],
    ["minimal-responses: no", 'module-config: "respip validator iterator"', "module-config respip"],
    ["minimal-responses: no", "harden-glue: no", "option harden-glue: no"],
    ["MATCH all", "MATCH all serial=1", "MATCH serial"],
    ["STEP 5 TIME_PASSES ELAPSE 30", "STEP 5 ASSIGN x = 1", "step ASSIGN"],
    ["REPLY QR RD RA NOERROR", "REPLY QR RD RA BADKEY", "REPLY BADKEY"],
    ["ADJUST copy_id copy_query", "ADJUST copy_id sleep=10", "ADJUST sleep"],
    ["SECTION AUTHORITY", "SECTION PREREQUISITE", "section PREREQUISITE"],
    ["RANGE_END", "EXTRA", "keyword EXTRA"],
  ];
  for (const [from, to, reason] of changes) {
    test(reason, () => {
      assert.ok(UNBOUND.includes(from));
      assert.throws(
        () => outcome(UNBOUND.replace(from, to)),
        (error) => error instanceof Skip && error.reason === reason,
      );
    });
  }
});

const DECKARD = `do-ip6: no
	trust-anchor: "example. IN DS 1 13 2 ${"00".repeat(32)}" # comment
	val-override-date: "20200101000000"
	stub-addr: 193.0.14.129
CONFIG_END
SCENARIO_BEGIN Deckard's dialect
RANGE_BEGIN 1 1
	ADDRESS 193.0.14.129
ENTRY_BEGIN
ADJUST copy_id copy_query
REPLY QR AA NOERROR
SECTION QUESTION
www.other. IN A
SECTION ANSWER
www.other. IN A 203.0.113.1
ENTRY_END
RANGE_END
STEP 1 QUERY
ENTRY_BEGIN
REPLY RD
SECTION QUESTION
www.other. IN A
ENTRY_END
STEP 2 CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY QR RD RA NOERROR
SECTION QUESTION
www.other. IN A
SECTION ANSWER
www.other. IN A 203.0.113.1
ENTRY_END
SCENARIO_END
`;

describe("Deckard's dialect", () => {
  test("ranges are those of the asking step; what is not scripted is SERVFAIL; sections not named are not compared", () => {
    assert.equal(outcome(DECKARD).failure, undefined);
  });
  test("MANDATORY entries have to be met", () => {
    const extra = "ENTRY_BEGIN\nMANDATORY\nREPLY QR NOERROR\nSECTION QUESTION\nnever. IN A\nENTRY_END\nRANGE_END";
    assert.match(outcome(DECKARD.replace("RANGE_END", extra)).failure ?? "held", /mandatory entry/);
  });
  test("an anchor that nothing fits makes SERVFAIL", () => {
    const inside = DECKARD.replaceAll("www.other.", "www.example.");
    assert.match(outcome(inside).failure ?? "held", /rcode: expected 0, got 2/);
  });
});

/** One server for everything, asked as a forwarder; the options and what follows them are the scenario's. */
const forwarded = (options: string, rest: string) => `server: minimal-responses: no qname-minimisation: "no"
${options}
forward-zone: name: "." forward-addr: 192.0.2.53
CONFIG_END
SCENARIO_BEGIN forwarded
${rest}
SCENARIO_END
`;
const ASK = (name: string, flags = "RD") => `QUERY
ENTRY_BEGIN
REPLY ${flags}
SECTION QUESTION
${name} IN A
ENTRY_END`;
const CHECK = (flags: string, body: string) => `CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY ${flags}
SECTION QUESTION
${body}
ENTRY_END`;

describe("what Unbound's files use besides", () => {
  test("several options on one line; a query fails for good only after five failures, timeouts and errors alike", () => {
    const failures = ["TIMEOUT", "ERROR", "TIMEOUT", "ERROR", "TIMEOUT"].map((what, i) => `STEP ${i + 2} ${what}`);
    const steps = (some: string[]) =>
      [`STEP 1 ${ASK("www.example.")}`, ...some, `STEP 9 ${CHECK("QR RD RA SERVFAIL", "www.example. IN A")}`].join(
        "\n",
      );
    assert.equal(outcome(forwarded("", steps(failures))).failure, undefined);
    const six = [...failures, "STEP 8 TIMEOUT"];
    assert.match(outcome(forwarded("", steps(six))).failure ?? "held", /no pending query to fail/);
  });

  test("after a failure the next server's turn comes, and CHECK_OUT_QUERY sees it", () => {
    const two = forwarded(
      "",
      `STEP 1 ${ASK("www.example.")}
STEP 2 CHECK_OUT_QUERY ADDRESS 192.0.2.53
ENTRY_BEGIN
MATCH qname
SECTION QUESTION
www.example. IN A
ENTRY_END
STEP 3 TIMEOUT
STEP 4 CHECK_OUT_QUERY ADDRESS 192.0.2.54
ENTRY_BEGIN
MATCH qname
SECTION QUESTION
www.example. IN A
ENTRY_END
STEP 5 REPLY
ENTRY_BEGIN
ADJUST copy_id
REPLY QR RD RA NOERROR
SECTION QUESTION
www.example. IN A
SECTION ANSWER
www.example. 60 IN A 203.0.113.1
ENTRY_END
STEP 6 ${CHECK("QR RD RA NOERROR", "www.example. IN A\nSECTION ANSWER\nwww.example. 60 IN A 203.0.113.1")}`,
    );
    const more = two.replace("forward-addr: 192.0.2.53\n", "forward-addr: 192.0.2.53 forward-addr: 192.0.2.54\n");
    assert.equal(outcome(more).failure, undefined);
  });

  const CACHED = `RANGE_BEGIN 0 100
ADDRESS 192.0.2.53
ENTRY_BEGIN
MATCH qname qtype
ADJUST copy_id
REPLY QR RD RA NXDOMAIN
SECTION QUESTION
no.example. IN A
SECTION AUTHORITY
example. 3600 IN NS ns.example.
example. 3600 IN SOA a. b. 1 2 3 4 30
ENTRY_END
RANGE_END
STEP 1 ${ASK("no.example.")}
STEP 2 ${CHECK("QR RD RA NXDOMAIN", "no.example. IN A\nSECTION AUTHORITY\nexample. 30 IN SOA a. b. 1 2 3 4 30").replace("MATCH all", "MATCH all ttl")}
STEP 3 TIME_PASSES ELAPSE 10
STEP 4 ${ASK("no.example.", "")}
STEP 5 ${CHECK("QR RA NXDOMAIN", "no.example. IN A\nSECTION AUTHORITY\nexample. 20 IN SOA a. b. 1 2 3 4 30").replace("MATCH all", "MATCH all ttl")}`;
  test("a negative answer lives by its SOA's MINIMUM and ages in the cache; without RD the cache answers", () => {
    assert.equal(outcome(forwarded("", CACHED)).failure, undefined);
    assert.match(
      outcome(forwarded("", CACHED.replace("ELAPSE 10", "ELAPSE 11"))).failure ?? "held",
      /step 5: authority/,
    );
  });
  test("without RD, for what is not cached: skipped by name", () => {
    assert.throws(
      () => outcome(forwarded("", `STEP 1 ${ASK("other.example.", "")}`)),
      (error) => error instanceof Skip && error.reason === "a query without RD for what is not cached",
    );
  });

  test("of an alias chain the first step is taken, and its target asked for anew", () => {
    const entry = (name: string, answer: string) => `ENTRY_BEGIN
MATCH qname qtype
ADJUST copy_id
REPLY QR RD RA NOERROR
SECTION QUESTION
${name} IN A
SECTION ANSWER
${answer}
ENTRY_END`;
    const rest = `RANGE_BEGIN 0 100
ADDRESS 192.0.2.53
${entry("www.example.", "www.example. 60 IN CNAME host.example.\nhost.example. 60 IN A 203.0.113.66")}
${entry("host.example.", "host.example. 60 IN A 203.0.113.1")}
RANGE_END
STEP 1 ${ASK("www.example.")}
STEP 2 ${CHECK("QR RD RA NOERROR", "www.example. IN A\nSECTION ANSWER\nwww.example. 60 IN CNAME host.example.\nhost.example. 60 IN A 203.0.113.1")}`;
    assert.equal(outcome(forwarded("", rest)).failure, undefined);
  });

  test("minimised questions: names one label more each, then the whole name by A, then the real type", () => {
    const asked: string[] = [];
    const text = UNBOUND.replace('qname-minimisation: "no"', 'qname-minimisation: "yes"').replaceAll(
      "www.example. IN A\nENTRY_END\nSTEP 2",
      "www.example. IN AAAA\nENTRY_END\nSTEP 2",
    );
    play(parseScenario(text), (event) => {
      if ("sent" in event) asked.push(`${event.sent.type} ${event.sent.name}`);
    });
    assert.deepEqual(asked.slice(0, 3), ["2 .", "1 example.", "1 www.example."]);
  });
});

describe("Deckard's dialect, besides", () => {
  test("a range's address on its own line or on the range's", () => {
    const inline = DECKARD.replace("RANGE_BEGIN 1 1\n\tADDRESS 193.0.14.129", "RANGE_BEGIN 1 1 193.0.14.129");
    assert.notEqual(inline, DECKARD);
    assert.equal(outcome(inline).failure, undefined);
  });
});
