// Numbers and the lock that remembers them: over thousands of random provinces and edits nobody is renumbered, nothing overlaps and
// nothing is given again before it has rested; and a lock that cannot be right is refused with its line.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { readIntent, writeLock } from "../../infra/intent.ts";
import { allocation } from "../../infra/plan/allocate.ts";
import { type Lock, lockText, parseLock, poolOf } from "../../infra/plan/lock.ts";
import { type Numbering, numbered, REST_DAYS } from "../../infra/plan/number.ts";
import { ProvinceError } from "../../infra/province/problem.ts";
import type { Written } from "../../infra/province/schema.ts";
import { readProvince } from "../../infra/province.ts";
import { plan, sampleFile } from "./plan/sample.ts";

const written: Written = readProvince(sampleFile);
const PREFIXES6 = [
  "3fff:100::/32",
  "2001:db8:4000::/36",
  "2001:db8:4000::/40",
  "2001:db8:4100::/44",
  "2001:db8:4abc::/48",
];
const PREFIXES4 = ["10.0.0.0/8", "10.64.0.0/10", "172.16.0.0/12", "10.32.0.0/14", "10.44.0.0/15", "10.45.0.0/16"];

const agency = (n: number, number?: number): Written["agencies"][number] => ({
  id: `xa-so-${n}`,
  level: "commune",
  name: { vi: `Xã ${n}`, en: `Commune ${n}` },
  uplinks: ["hub1", "hub3"],
  ...(number !== undefined && { number }),
});
const province = (ns: readonly number[], more: Partial<Written["province"]> = {}): Written => ({
  ...written,
  province: { ...written.province, ...more },
  agencies: ns.map((n) => agency(n)),
  devices: [],
});
const good = (result: ReturnType<typeof numbered>): Numbering => {
  assert.ok("lock" in result, JSON.stringify(result));
  return result;
};
const day = (n: number) => new Date(Date.UTC(2026, 10, 25) + n * 86_400_000).toISOString().slice(0, 10);

/** A life of a province: who is there at each time, in which order, and how many days pass. */
const lives = fc.record({
  ipv6: fc.constantFrom(...PREFIXES6),
  ipv4: fc.constantFrom(...PREFIXES4),
  steps: fc.array(
    fc.record({ present: fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 30 }), days: fc.nat(REST_DAYS) }),
    { minLength: 2, maxLength: 8 },
  ),
});

describe("numbers", () => {
  it("stay with their owner through every coming, going and reordering, and rest before they are given again", () => {
    fc.assert(
      fc.property(lives, ({ ipv6, ipv4, steps }) => {
        let lock: Lock | undefined;
        let at = 0;
        const last = new Map<number, { id: string; goneOn?: number | undefined }>();
        for (const { present, days } of steps) {
          at += days;
          const result = good(numbered(province(present, { ipv6, ipv4 }), lock, day(at)));
          const numbers = new Map(result.intent.agencies.map((a) => [a.id, a.number]));
          for (const [number, owner] of last) {
            const now = numbers.get(owner.id);
            if (owner.goneOn === undefined && now !== undefined) assert.equal(now, number, "renumbered");
            if (owner.goneOn === undefined && now === undefined) owner.goneOn = at;
          }
          for (const [id, number] of numbers) {
            const before = last.get(number);
            if (before && before.id !== id)
              assert.ok(at - before.goneOn! >= REST_DAYS, `${number} given again too early`);
            last.set(number, { id });
          }
          lock = result.lock;
          const keys = lock.allocations.map((a) => `${poolOf(a.id)} ${a.number}`);
          assert.equal(new Set(keys).size, keys.length);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("do not depend on the order of the file once they are in the lock, and give the same lock again", () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.nat()), ({ ipv6, ipv4, steps }, order) => {
        const present = steps[0]!.present;
        const first = good(numbered(province(present, { ipv6, ipv4 }), undefined, day(0)));
        const shuffled = present.map((n) => [order.next().value as number, n] as const).sort((a, b) => a[0] - b[0]);
        const second = good(
          numbered(
            province(
              shuffled.map(([, n]) => n),
              { ipv6, ipv4 },
            ),
            first.lock,
            day(9),
          ),
        );
        assert.equal(lockText(second.lock), lockText(first.lock));
        assert.deepEqual([second.added, second.retired], [[], []]);
        assert.deepEqual(parseLock(lockText(first.lock)), {
          ...first.lock,
          allocations: JSON.parse(lockText(first.lock)).allocations,
        });
      }),
      { numRuns: 500 },
    );
  });

  it("give plans in which no address is there twice, whatever the prefixes", () => {
    fc.assert(
      fc.property(lives, ({ ipv6, ipv4, steps }) => {
        const { intent } = good(numbered(province(steps[0]!.present, { ipv6, ipv4 }), undefined, day(0)));
        const p = plan(intent);
        const all = [
          ...p.hosts.flatMap((h) => [h.loopback, h.lan?.address].flatMap((d) => (d ? [d.v4, d.v6] : []))),
          ...p.links.flatMap((l) => l.ends.flatMap((e) => (e.address ? [e.address.v4, e.address.v6] : []))),
        ];
        assert.equal(new Set(all).size, all.length);
      }),
      { numRuns: 100 },
    );
  });

  it("are the ones that the file states, and nobody else's are chosen", () => {
    const stated = { ...written, agencies: [agency(1), agency(2, 1), agency(3)] };
    const { intent } = good(numbered(stated, undefined, day(0)));
    assert.deepEqual(
      intent.agencies.map((a) => a.number),
      [2, 1, 3],
    );
  });

  it("of hubs differ in what an agency's lines are told apart by", () => {
    const bare = { ...written, province: { ...written.province, ipv4: "10.45.0.0/16" } };
    const { intent } = good(numbered(bare, undefined, day(0)));
    const hubs = intent.datacentres.flatMap((dc) =>
      dc.routers.filter((r) => r.role === "hub").map((r) => r.number % 4),
    );
    assert.equal(new Set(hubs).size, 4);
  });

  it("come back to who comes back in time, and are free for others afterwards", () => {
    const first = good(numbered(province([1, 2]), undefined, day(0)));
    const gone = good(numbered(province([2]), first.lock, day(1)));
    assert.deepEqual(
      gone.retired.map((a) => [a.id, a.retired]),
      [["site/xa-so-1", day(1)]],
    );
    const numberOf = (n: Numbering, id: string) => n.intent.agencies.find((a) => a.id === id)?.number;
    assert.equal(numberOf(good(numbered(province([2, 3]), gone.lock, day(REST_DAYS))), "xa-so-3"), 3);
    assert.equal(numberOf(good(numbered(province([2, 1]), gone.lock, day(900))), "xa-so-1"), 1);
    const later = good(numbered(province([2, 3]), gone.lock, day(REST_DAYS + 1)));
    assert.deepEqual([numberOf(later, "xa-so-3"), later.released.map((a) => a.id)], [1, ["site/xa-so-1"]]);
  });

  it("say how much of the prefixes is used", () => {
    const { use } = good(numbered(province([1, 2, 3], { ipv4: "10.45.0.0/16" }), undefined, day(0)));
    assert.deepEqual(
      use.find((u) => u.pool === "site"),
      { pool: "site", used: 3, resting: 0, most: 255 },
    );
  });

  it("keep each kind within its share of every prefix", () => {
    for (const ipv6 of PREFIXES6)
      for (const ipv4 of [...PREFIXES4, "10.46.0.0/18", "10.46.0.0/20"]) {
        const { most } = allocation({ ...written.province, ipv6, ipv4 });
        assert.ok(
          most.site >= 15 && most.router >= 3 && most.siteHosts >= 62,
          `${ipv6} ${ipv4} ${JSON.stringify(most)}`,
        );
      }
  });
});

describe("a lock that cannot be right", () => {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-lock-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "province.yaml");
  const lockFile = join(folder, "province.lock");
  const text = readFileSync(sampleFile, "utf8");
  const lock = readFileSync(sampleFile.replace(/yaml$/, "lock"), "utf8");
  const line = (id: string) => lock.split("\n").findIndex((l) => l.includes(`"${id}"`)) + 1;
  /** What is said of a province and its lock. */
  function said(provinceText: string, lockText: string | undefined, provisioned = true): string[] {
    writeFileSync(file, provinceText);
    rmSync(lockFile, { force: true });
    if (lockText !== undefined) writeFileSync(lockFile, lockText);
    try {
      readIntent(file, { today: "2026-12-01", provisioned });
    } catch (error) {
      assert.ok(error instanceof ProvinceError, String((error as Error).stack));
      return error.message.split("\n");
    }
    return [];
  }
  const begins = (messages: string[], ...words: string[]) => {
    assert.equal(messages.length, words.length, messages.join("\n"));
    words.forEach((w, i) => {
      assert.equal(messages[i]!.slice(0, w.length), w);
    });
  };

  it("is refused when it is missing and the network stands, and made when nothing stands", () => {
    begins(said(text, undefined), "province.lock:0: is missing, and the network that was provisioned");
    assert.deepEqual(said(text, undefined, false), []);
    assert.deepEqual(said(text, lock), []);
  });
  it("is no JSON, or has entries of another form", () => {
    begins(said(text, lock.slice(0, 500)), "province.lock:");
    begins(
      said(text, lock.replace('{"id":"router/hub1","number":21', '{"id":"router/hub1","number":"21"')),
      `province.lock:${line("router/hub1")}: is not of the form`,
    );
  });
  it("was made for other prefixes", () => {
    const moved = text.replace("2001:db8:4000::/40", "2001:db8:5000::/40");
    begins(said(moved, lock), "province.yaml:16: province.ipv6: province.lock was made for 2001:db8:4000::/40");
  });
  it("gives one number twice, one identity twice, or another block than its number's", () => {
    const twice = lock.replace(/("id":"site\/so-tai-chinh","number":)2/, "$11");
    begins(
      said(text, twice),
      `province.lock:${line("site/so-tai-chinh")}: site/so-tai-chinh overlaps site/so-noi-vu: both have 1`,
    );
    const entry = lock.split("\n")[line("site/so-noi-vu") - 1]!;
    begins(
      said(text, lock.replace(entry, `${entry}\n${entry}`)),
      `province.lock:${line("site/so-noi-vu") + 1}: site/so-noi-vu stands here twice`,
    );
    const block = lock.replace("10.16.1.0/24", "10.16.9.0/24");
    begins(
      said(text, block),
      `province.lock:${line("site/so-noi-vu")}: site/so-noi-vu has 2001:db8:4010:100::/56 and 10.16.9.0/24, but`,
    );
  });
  it("disagrees with a number in the file, or the number is another's", () => {
    const at = text.split("\n").findIndex((l) => l.includes("{ id: so-noi-vu,")) + 1;
    const stated = text.replace("{ id: so-noi-vu,", "{ id: so-noi-vu, number: 9,");
    begins(
      said(stated, lock),
      `province.yaml:${at}: agencies[0].number: province.lock gave site/so-noi-vu the number 1 on 2026-11-25`,
    );
    const renamed = text.replace("{ id: so-y-te,", "{ id: so-suc-khoe, number: 9,");
    begins(
      said(renamed, lock),
      `province.yaml:${at + 9}: agencies[9].number: 9 is the number of site/so-giao-duc-dao-tao`,
    );
    const resting = text.replace("{ id: so-y-te,", "{ id: so-suc-khoe, number: 10,");
    begins(said(resting, lock), `province.yaml:${at + 9}: agencies[9].number: 10 is the number of site/so-y-te`);
  });
  it("has no number left", () => {
    const narrow = text.replace("10.0.0.0/8", "10.46.0.0/18");
    const messages = said(narrow, undefined, false);
    assert.ok(messages.length > 20, `${messages.length}`);
    assert.match(
      messages.at(-1)!,
      /^province.yaml:\d+: agencies\[83\].number: the prefixes hold 63 of site, and there is no number left/,
    );
  });
  it("is written whole, and not at all when nothing changed", () => {
    copyFileSync(sampleFile, file);
    writeFileSync(lockFile, lock);
    const { lock: same } = readIntent(file, { today: "2027-01-01", provisioned: true });
    assert.equal(writeLock(file, same), false);
    assert.equal(writeLock(file, { ...same, allocations: [] }), true);
    assert.deepEqual(parseLock(readFileSync(lockFile, "utf8")), { ...same, allocations: [] });
  });
});
