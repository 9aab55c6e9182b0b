// The walk along an NSEC chain: whole, whatever the zone looks like; bounded; and not led astray.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NsecWalk, namesBetween } from "../../../../../agent/wire/dns/audit/discover.ts";
import type { Reply } from "../../../../../agent/wire/dns/audit/seen.ts";
import { compareNames, isName } from "../../../../../agent/wire/dns/name.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";

const ZONE = "tinh.vn.";

/** A server of a zone of these names: gives the NSEC record at a name, else the one that covers it. */
function serverOf(names: readonly string[], types = "A RRSIG NSEC") {
  const owners = [...new Set([ZONE, ...names])].sort(compareNames);
  const pieces = owners.map((owner, i) => {
    const next = owners[(i + 1) % owners.length]!;
    return parseRecords(`${owner} 60 IN NSEC ${next} ${types}`)[0]!;
  });
  let asked = 0;
  const reply = (name: string): Reply => {
    asked++;
    const at = owners.findLastIndex((owner) => compareNames(owner, name) <= 0);
    const section = owners[at] === name ? "answer" : "authority";
    return { message: { answer: [], authority: [], additional: [], [section]: [pieces[at]!] } } as unknown as Reply;
  };
  return { owners, reply, asked: () => asked };
}

function walkAll(reply: (name: string) => Reply) {
  const walk = new NsecWalk(ZONE);
  let rounds = 0;
  for (let names = walk.next(); names.length > 0; names = walk.next()) {
    assert.equal(new Set(names).size, names.length, "a name is asked for once in a round");
    for (const name of names) walk.hear(reply(name));
    assert.ok(++rounds < 600, "the walk ends");
  }
  return { ...walk.discovered(), rounds };
}

test("a zone of a hundred names: all of them, in few rounds, without many questions to spare", () => {
  const hosts = Array.from({ length: 90 }, (_, i) => `h${i}.${ZONE}`);
  const server = serverOf([...hosts, `www.${ZONE}`, `mail.${ZONE}`, `_25._tcp.mail.${ZONE}`, `_dmarc.${ZONE}`]);
  const { names, extent, rounds } = walkAll(server.reply);
  assert.equal(extent, "all");
  assert.deepEqual(
    names.map(({ name }) => name),
    server.owners,
  );
  assert.ok(rounds <= 14, `${rounds} rounds`);
  assert.ok(server.asked() <= 2 * server.owners.length, `${server.asked()} questions`);
});

test("any zone: the walk finds each name, and each once", () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9_-]{1,12}$/),
    fc.stringMatching(/^h[0-9]{1,3}$/),
    fc.constantFrom("a", "aa", "z", "zz", "-", "_", "0"),
  );
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join(".")}.${ZONE}`);
  fc.assert(
    fc.property(fc.array(name, { maxLength: 120 }), (names) => {
      const server = serverOf(names);
      const found = walkAll(server.reply);
      assert.equal(found.extent, "all");
      assert.deepEqual(
        found.names.map((one) => one.name),
        server.owners,
      );
    }),
    { numRuns: 200 },
  );
});

test("names between two others lie between them", () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,6}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join(".")}.${ZONE}`);
  fc.assert(
    fc.property(name, name, fc.nat(20), (a, b, count) => {
      const [low, high] = [a, b].sort(compareNames) as [string, string];
      const made = namesBetween(low, high, ZONE, count);
      assert.ok(made.length <= count);
      for (const one of made) assert.ok(compareNames(low, one) < 0 && compareNames(one, high) < 0, one);
    }),
  );
  assert.ok(namesBetween(ZONE, undefined, ZONE, 7).length === 7);
});

const none: Reply = { failure: "timeout" };

test("what leads nowhere ends the walk, and says so", () => {
  assert.deepEqual(
    walkAll(() => none),
    { names: [], extent: "none", rounds: 1 },
  );
  const record = (text: string): Reply =>
    ({ message: { answer: parseRecords(text), authority: [] } }) as unknown as Reply;
  // Answers made on the spot (RFC 4470).
  assert.equal(walkAll((name) => record(`${name} 60 IN NSEC \\000.${name} A RRSIG NSEC`)).extent, "partial");
  // A chain that goes back, one that leaves the zone.
  assert.equal(walkAll(() => record(`b.${ZONE} 60 IN NSEC a.${ZONE} A`)).extent, "none");
  assert.equal(walkAll(() => record(`${ZONE} 60 IN NSEC other.example. A`)).extent, "partial");
  // A server that falls silent half-way.
  const server = serverOf(Array.from({ length: 40 }, (_, i) => `h${i}.${ZONE}`));
  let heard = 0;
  const { extent, names } = walkAll((name) => (heard++ < 12 ? server.reply(name) : none));
  assert.equal(extent, "partial");
  assert.ok(names.length > 0);
});

test("a zone without end is left when it is enough", () => {
  let made = 0;
  // Each answer makes a piece that nobody asked for and that leads on.
  const { extent, names } = walkAll((name) => {
    const owner = name;
    const next = `${name.slice(0, -ZONE.length).replace(/\.$/, "")}0.${ZONE}`;
    made++;
    const text = `${owner} 60 IN NSEC ${name === ZONE ? `0.${ZONE}` : next} A`;
    return { message: { answer: parseRecords(text), authority: [] } } as unknown as Reply;
  });
  assert.equal(extent, "partial");
  assert.ok(names.length <= 1_000 && made <= 1_500, `${made} questions`);
});

test("a child on the same server: its own chain is not the parent's, and the walk goes on behind it", () => {
  const child = `con.${ZONE}`;
  const hosts = [`a.${ZONE}`, child, `d.${ZONE}`, `www.${ZONE}`];
  for (const signed of [true, false]) {
    const parent = serverOf(hosts);
    const record = (text: string): Reply =>
      ({ message: { answer: parseRecords(text), authority: [] } }) as unknown as Reply;
    const nothing = { message: { answer: [], authority: [] } } as unknown as Reply;
    // Whatever is asked at the child's name or below it is answered by the child.
    const found = walkAll((name) => {
      if (name !== child && !name.endsWith(`.${child}`)) return parent.reply(name);
      return signed ? record(`${child} 60 IN NSEC x.${child} NS SOA RRSIG NSEC DNSKEY`) : nothing;
    });
    assert.equal(found.extent, "all", `${signed}`);
    assert.deepEqual(
      found.names.map(({ name }) => name),
      parent.owners,
    );
  }
});

test("names that are as long as names can be: nothing longer is asked for", () => {
  const long = (first: string) => `${first}.${`${"x".repeat(61)}.`.repeat(3)}${"y".repeat(55)}.${ZONE}`;
  const server = serverOf([long("a"), long("c"), long("x")]);
  const found = walkAll((name) => {
    assert.ok(isName(name), name);
    return server.reply(name);
  });
  assert.equal(found.extent, "all");
});

test("messages full of pieces and of children: no more is kept than a zone may have, and no time is lost", () => {
  let made = 0;
  const many = (types: string) =>
    Array.from({ length: 2_000 }, () => `n${++made}.${ZONE} 60 IN NSEC o${made}.${ZONE} ${types}`).join("\n");
  const flood = (name: string) =>
    ({
      message: {
        answer: parseRecords(`${name} 60 IN NSEC z${made}.${ZONE} A\n${many("SOA")}\n${many("A")}`),
        authority: [],
      },
    }) as unknown as Reply;
  const { names, rounds } = walkAll(flood);
  assert.equal(rounds, 1);
  assert.ok(names.length <= 500, `${names.length} names`);
});

test("what stands at a cut is its DS alone", () => {
  const server = serverOf([`con.${ZONE}`], "NS DS RRSIG NSEC");
  const { names } = walkAll(server.reply);
  const below = names.filter(({ name }) => name !== ZONE);
  assert.deepEqual(below, [{ name: `con.${ZONE}`, type: 43 }]);
});

test("whatever a server says of its chain, the walk ends, asks for names only, and for each once", () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9_-]{1,6}$/),
    fc.constantFrom("\\000", "\\255", "x".repeat(63), "*", "a\\.b"),
  );
  const name = fc
    .array(label, { maxLength: 4 })
    .map((labels) => [...labels, ZONE].join("."))
    .filter(isName);
  const types = fc.constantFrom("A", "NS", "NS DS", "NS SOA", "CNAME", "A RRSIG NSEC");
  const piece = fc.tuple(name, fc.oneof(name, fc.constant("other.example.")), types);
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 4 }), { minLength: 1, maxLength: 60 }), (said) => {
      const asked = new Set<string>();
      const walk = new NsecWalk(ZONE);
      let turn = 0;
      for (let names = walk.next(); names.length > 0; names = walk.next()) {
        for (const one of names) {
          assert.ok(isName(one) && !asked.has(one), one);
          asked.add(one);
          const records = said[turn++ % said.length]!.map(
            ([owner, next, bits]) => `${owner} 60 IN NSEC ${next} ${bits}`,
          );
          walk.hear({ message: { answer: parseRecords(records.join("\n")), authority: [] } } as unknown as Reply);
        }
        assert.ok(asked.size < 3_000);
      }
      walk.discovered();
    }),
    { numRuns: 500 },
  );
});
