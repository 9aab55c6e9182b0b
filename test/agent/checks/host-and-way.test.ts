// Checks of a host's own state and of the way from it: path, clock, disk, ra, page. What they see is the test's.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import type { DeviceState, Outcome, Space, World } from "../../../agent/check.ts";
import { clock } from "../../../agent/checks/clock.ts";
import { device } from "../../../agent/checks/device.ts";
import { disk } from "../../../agent/checks/disk.ts";
import { page } from "../../../agent/checks/page.ts";
import { path } from "../../../agent/checks/path.ts";
import { ra } from "../../../agent/checks/ra.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { expectFindings } from "../support/expect.ts";
import { kernelOf, worldOf } from "../support/world.ts";

const head = { id: "t", agency: "a", agent: "so", asset: "so", everyMs: 500 };
const NOW = Date.UTC(2026, 10, 26);

const pathTarget: TargetOf<"path"> = {
  ...head,
  kind: "path",
  expects: { address: "2001:db8::53", name: "id.test", maxRttMs: 100, maxLossPercent: 5, packetBytes: 1_500 },
};
/** A way that takes `rttMs`, loses the small packets of these numbers, and passes packets up to a size. */
const way = (rttMs: number, lost: number[] = [], passes = 1_500): Partial<World> => ({
  burstUdp: async (_, queries, indexOf) => ({
    ok: true,
    tookMs: queries.map((query, i) => {
      const answer = Uint8Array.from(query);
      answer[2]! |= 0x80;
      assert.equal(indexOf(answer), i, "each answer is known for its question's");
      assert.equal(indexOf(query), undefined, "a question is no answer");
      const whole = query.length + 48 > 600;
      return (whole ? query.length + 48 > passes : lost.includes(i)) ? undefined : rttMs;
    }),
  }),
});
const lookAlong = (parts: Partial<World>) => path.run(pathTarget, worldOf(parts));

test("path: what is lost, slow, or too large for the way", async () => {
  expectFindings(await lookAlong(way(3)), []);
  expectFindings(await lookAlong(way(3, [7])), []);
  expectFindings(await lookAlong(way(3, [7, 8, 29])), ["PATH_LOSS 2001:db8::53"]);
  expectFindings(await lookAlong(way(101)), ["PATH_SLOW 2001:db8::53"]);
  expectFindings(await lookAlong(way(3, [], 1_499)), ["PATH_MTU 2001:db8::53"]);
});

test("path: a way that carries nothing is another check's", async () => {
  const all = Array.from({ length: 40 }, (_, i) => i);
  assert.ok("skipped" in (await lookAlong(way(3, all))));
  const noWay = { burstUdp: async () => ({ ok: false as const, why: "unreachable" as const, detail: "" }) };
  assert.ok("skipped" in (await lookAlong(noWay)));
});

const server = (name: string) => ({ name, address: `2001:db8::${name.length}`, asset: `${name}-ntp` });
const servers = [server("a"), server("bb")];
const clockTarget: TargetOf<"clock"> = { ...head, kind: "clock", expects: { servers, maxOffsetMs: 1_000 } };
/** Servers by name: how far ahead of us each is, seconds; or what it says besides. */
const times = (ahead: Record<string, number | "silent" | "lost">): Partial<World> => ({
  now: () => NOW,
  exchangeUdp: async (to, query, accepts) => {
    const said = ahead[servers.find((s) => s.address === to.address)!.name]!;
    if (said === "silent") return { ok: false, why: "timeout", detail: "" };
    const answer = Buffer.alloc(48);
    answer[0] = said === "lost" ? 0xe4 : 0x24;
    answer[1] = said === "lost" ? 16 : 2;
    Buffer.from(query).copy(answer, 24, 40, 48);
    const seconds = NOW / 1_000 + 2_208_988_800 + (said === "lost" ? 0 : said);
    for (const at of [32, 40]) answer.writeUInt32BE(seconds % 0x1_0000_0000, at);
    assert.ok(accepts(answer), "the answer to this request");
    assert.ok(!accepts(Buffer.from(answer).fill(0xff, 24, 32)), "another's answer is none");
    return { ok: true, answer };
  },
});
const lookAtClock = (parts: Partial<World>) => clock.run(clockTarget, worldOf(parts));

test("clock: who is apart from the most is wrong", async () => {
  expectFindings(await lookAtClock(times({ a: 0, bb: 0 })), []);
  expectFindings(await lookAtClock(times({ a: 3_600, bb: 0 })), ["TIME_SERVER_WRONG 2001:db8::1"]);
  expectFindings(await lookAtClock(times({ a: 0, bb: -3_600 })), ["TIME_SERVER_WRONG 2001:db8::2"]);
  expectFindings(await lookAtClock(times({ a: 3_600, bb: 3_600 })), ["CLOCK_WRONG so"]);
  expectFindings(await lookAtClock(times({ a: -7_200, bb: -7_200 })), ["CLOCK_WRONG so"]);
});

test("clock: with one server the host is named, whose clock it is", async () => {
  expectFindings(await lookAtClock(times({ a: 3_600, bb: "silent" })), [
    "CLOCK_WRONG so",
    "TIME_SERVER_UNREACHABLE 2001:db8::2",
  ]);
  expectFindings(await lookAtClock(times({ a: 0, bb: "silent" })), ["TIME_SERVER_UNREACHABLE 2001:db8::2"]);
  expectFindings(await lookAtClock(times({ a: 0, bb: "lost" })), ["TIME_SERVER_UNSYNCHRONISED 2001:db8::2"]);
});

test("device: who refuses or says nothing is there; gone is whose address nobody has, or all when the network has no carrier", async () => {
  const addresses = ["10.0.0.2", "2001:db8::2"];
  const target: TargetOf<"device"> = { ...head, kind: "device", expects: { device: "lan0", addresses } };
  const to = (why: "refused" | "timeout" | "unreachable" | undefined, state: DeviceState = "running") =>
    device.run(
      target,
      worldOf({
        connectTcp: async ({ address }) =>
          why === undefined || address !== addresses[1] ? { ok: true } : { ok: false, why, detail: "" },
        kernel: { device: () => state },
      }),
    );
  for (const why of [undefined, "refused", "timeout"] as const) expectFindings(await to(why), []);
  expectFindings(await to("unreachable"), ["DEVICE_UNREACHABLE 2001:db8::2"]);
  expectFindings(
    await to(undefined, "no-carrier"),
    addresses.map((a) => `DEVICE_UNREACHABLE ${a}`),
  );
});

test("disk: octets and files, whichever is scarcer", async () => {
  const target: TargetOf<"disk"> = { ...head, kind: "disk", expects: { paths: ["/var/log"], warnFraction: 0.05 } };
  const run = (space: Partial<Space> | undefined): Promise<Outcome> =>
    disk.run(
      target,
      worldOf({ space: () => space && { bytes: 1_000, freeBytes: 500, files: 1_000, freeFiles: 500, ...space } }),
    );
  expectFindings(await run({}), []);
  expectFindings(await run({ freeBytes: 50 }), []);
  expectFindings(await run({ freeBytes: 49 }), ["DISK_ALMOST_FULL /var/log"]);
  expectFindings(await run({ freeBytes: 9 }), ["DISK_FULL /var/log"]);
  expectFindings(await run({ freeFiles: 0 }), ["DISK_FULL /var/log"]);
  expectFindings(await run({ files: 0, freeFiles: 0 }), []);
  // What is not there, or has no size, is no full disk.
  expectFindings(await run(undefined), []);
  expectFindings(await run({ bytes: 0, freeBytes: 0 }), []);
});

test("ra: an advertisement that was not there before stands for a while", async () => {
  const target: TargetOf<"ra"> = { ...head, kind: "ra", expects: { device: "lan0" } };
  let memory: string | undefined;
  const run = async (count: number, atMs: number) => {
    const kernel = kernelOf({ advertisements: { lan0: count } });
    const outcome = await ra.run(target, worldOf({ now: () => NOW + atMs, kernel }), memory);
    assert.ok("findings" in outcome);
    memory = outcome.memory;
    return outcome;
  };
  expectFindings(await run(7, 0), []); // what came before the first look is not news
  expectFindings(await run(7, 5_000), []);
  expectFindings(await run(8, 10_000), ["RA_UNPLANNED lan0"]);
  const heard = memory;
  expectFindings(await run(8, 50_000), ["RA_UNPLANNED lan0"]);
  assert.equal(memory, heard, "nothing happened, and nothing is written down");
  expectFindings(await run(8, 55_000), []);
  // A new device counts from nothing.
  expectFindings(await run(0, 60_000), []);
  memory = "damaged";
  expectFindings(await run(3, 65_000), []);
  assert.ok("skipped" in (await ra.run(target, worldOf({ kernel: kernelOf({}) }))));
});

test("page: as published, changed, defaced, an error, not to be had", async () => {
  const good = Buffer.from("portal\n");
  const expects = { name: "portal.test", address: "2001:db8::80", port: 443, path: "/" };
  const run = (status: number, body: string, sha256: string | undefined = hash("sha256", good)) =>
    page.run(
      { ...head, kind: "page", expects: { ...expects, ...(sha256 !== "" && { sha256 }) } },
      worldOf({ fetchPage: async () => ({ ok: true, status, body: Buffer.from(body) }) }),
    );
  expectFindings(await run(200, "portal\n"), []);
  expectFindings(await run(200, "portal \n"), ["PAGE_CHANGED portal.test/"]);
  expectFindings(await run(200, "<h1>HACKED BY x</h1>", ""), ["PAGE_DEFACED portal.test/"]);
  expectFindings(await run(200, "not hacked bytes", ""), []);
  expectFindings(await run(503, "portal\n"), ["PAGE_FAILS portal.test/"]);
  const none = worldOf({ fetchPage: async () => ({ ok: false, why: "refused", detail: "" }) });
  assert.ok("skipped" in (await page.run({ ...head, kind: "page", expects }, none)));
});
