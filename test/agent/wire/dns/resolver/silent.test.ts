// A server to which nothing comes back: left after two questions in a row where the caller wants that, asked again and again elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startRun } from "../../../../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../../../../agent/wire/dns/resolver/cache.ts";
import { iterate } from "../../../../../agent/wire/dns/resolver/iterate.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";
import { configOf, drive, LIMITS, NOW, type Server } from "../support/world.ts";

const ROOT = "198.41.0.4";
const [DEAD, ALIVE] = ["192.0.2.1", "192.0.2.2"];
const root: Server = () => ({
  authority: parseRecords("vn. 300 IN NS ns1.vn.\nvn. 300 IN NS ns2.vn."),
  additional: parseRecords(`ns1.vn. 300 IN A ${DEAD}\nns2.vn. 300 IN A ${ALIVE}`),
});
const alive: Server = ({ name }) => ({ reply: "AA", answer: parseRecords(`${name} 300 IN A 203.0.113.1`) });

/** How often each server is asked for these names one after the other. */
function asked(servers: Record<string, Server>, leaveSilent: boolean, names: readonly string[]) {
  const cache = new ResolverCache();
  const config = { ...configOf([], ROOT), leaveSilent };
  const count: Record<string, number> = {};
  const kinds = names.map((name) => {
    const { result, queries } = drive(iterate(startRun(config, NOW, cache, LIMITS), { name, type: 1 }), servers);
    for (const { server } of queries) count[server] = (count[server] ?? 0) + 1;
    return result.kind;
  });
  return { count, kinds };
}

const FIVE = ["a.vn.", "b.vn.", "c.vn.", "d.vn.", "e.vn."];

test("a dead server is asked twice, then left; the other answers for it", () => {
  const { count, kinds } = asked({ [ROOT]: root, [ALIVE!]: alive }, true, FIVE);
  assert.deepEqual(count, { [ROOT]: 1, [DEAD!]: 2, [ALIVE!]: 5 });
  assert.ok(kinds.every((kind) => kind === "answer"));
});

test("where all are dead, it is said at once from the third question on", () => {
  const { count, kinds } = asked({ [ROOT]: root }, true, FIVE);
  assert.deepEqual(count, { [ROOT]: 1, [DEAD!]: 2, [ALIVE!]: 2 });
  assert.ok(kinds.every((kind) => kind === "no-response"));
});

test("an answer between makes it a living one again", () => {
  let turn = 0;
  const everyOther: Server = (query) => (turn++ % 2 ? alive(query) : undefined);
  const { count } = asked({ [ROOT]: root, [DEAD!]: everyOther, [ALIVE!]: alive }, true, FIVE);
  assert.equal(count[DEAD!], 5);
});

test("whoever does not want that asks each time", () => {
  const { count } = asked({ [ROOT]: root, [ALIVE!]: alive }, false, FIVE);
  assert.equal(count[DEAD!], 5);
});
