import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { holds, parseAddress } from "../../../agent/wire/address.ts";
import { parseRoutes4, parseRoutes6, type Route, routeTo } from "../../../agent/wire/proc-routes.ts";

const ROUTE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
hub1	00000000	0100000A	0003	0	0	32	00000000	0	0	0
hub2	00000000	0200000A	0003	0	0	40	00000000	0	0	0
hub2	0000000A	0200000A	0003	0	0	32	000000FF	0	0	0
*	0000010A	00000000	0201	0	0	32	0000FFFF	0	0	0
down	0000020A	00000000	0000	0	0	32	0000FFFF	0	0	0
`;
const ROUTE6 = `20010db8000000000000000000000000 20 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000020 00000001 00000000 00000003     hub1
20010db8000000000000000000000000 20 00000000000000000000000000000000 00 fe800000000000000000000000000002 00000028 00000001 00000000 00000003     hub2
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
20010db8000000010000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
`;
const way = (routes: Route[], address: string) => {
  const route = routeTo(routes, parseAddress(address)!);
  return route && `${route.device}${route.rejects ? " rejects" : ""}`;
};

test("IPv4: longest prefix, then lowest metric; refusals are matched too", () => {
  const routes = parseRoutes4(ROUTE, true);
  assert.equal(routes.length, 4);
  assert.equal(way(routes, "203.0.113.1"), "hub1");
  assert.equal(way(routes, "10.9.9.9"), "hub2");
  assert.equal(way(routes, "10.1.2.3"), "* rejects");
  assert.equal(way(routes, "2001:db8::1"), undefined);
});

test("IPv6: the local table and the kernel's own refusal of ::/0 stand in the list", () => {
  // The refusal lacks RTF_UP: it is no route at all.
  const routes = parseRoutes6(ROUTE6);
  assert.equal(routes.length, 3);
  assert.equal(way(routes, "2001:db8:5::1"), "hub1");
  assert.equal(way(routes, "2001:db8:0:1::1"), "lo");
  assert.equal(way(routes, "2001:470::1"), undefined);
});

test("a mask that is no prefix is no route", () => {
  assert.deepEqual(parseRoutes4("eth0	0000000A	00000000	0001	0	0	0	FF00FF00	0	0	0\n", true), []);
});

const route6 = fc.record(
  {
    device: fc.constantFrom("a", "b", "c"),
    address: fc.uint8Array({ minLength: 16, maxLength: 16, max: 3 }),
    length: fc.integer({ min: 0, max: 128 }),
    metric: fc.integer({ min: 0, max: 0xffffffff }),
    rejects: fc.boolean(),
  },
  { noNullPrototype: true },
);

test("what is printed as the kernel prints it is read back, and the best route is the best", () => {
  fc.assert(
    fc.property(fc.array(route6), fc.uint8Array({ minLength: 16, maxLength: 16, max: 3 }), (routes, address) => {
      const text = routes
        .map((r) => {
          const hex = (n: number, width: number) => n.toString(16).padStart(width, "0");
          const flags = hex(r.rejects ? 0x201 : 1, 8);
          return `${Buffer.from(r.address).toString("hex")} ${hex(r.length, 2)} 0 00 0 ${hex(r.metric, 8)} 1 0 ${flags} ${r.device}\n`;
        })
        .join("");
      const read = parseRoutes6(text);
      assert.deepEqual(
        read.map((r) => ({ ...r, address: Uint8Array.from(r.address) })),
        routes,
      );
      const matching = read.filter((r) => holds(r, address));
      const best = routeTo(read, address);
      assert.equal(best === undefined, matching.length === 0);
      for (const other of matching)
        assert.ok(best!.length > other.length || (best!.length === other.length && best!.metric <= other.metric));
    }),
  );
});

test("hostile listings are passed over", () => {
  const near = fc.stringMatching(/^[0-9a-f \t\n]{0,200}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      parseRoutes4(text, true);
      parseRoutes6(text);
    }),
    { numRuns: 1_000 },
  );
});
