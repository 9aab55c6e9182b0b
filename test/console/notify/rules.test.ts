// The pure parts of notifications: the document's faults, quiet hours, back-off, health of a channel, silence of a console.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { notifyRules } from "../../../console/notifier.ts";
import { backoffMs } from "../../../console/notify/backoff.ts";
import { afterTry } from "../../../console/notify/health.ts";
import { keepsQuiet, type NotifyRules, readRules } from "../../../console/notify/policy.ts";
import type { ChannelHealth, Outcome } from "../../../console/notify/ports.ts";
import { isUrgent, quietUntil } from "../../../console/notify/quiet.ts";
import { heard, judge, type Watched } from "../../../console/notify/silence.ts";

const { shipped, read } = notifyRules({ allow: ["10.20.0.0/16"] });
const rules = (): NotifyRules => {
  const r = readRules(shipped, () => undefined);
  assert.ok(r.ok);
  return r.value;
};

test("what ships is well formed", () => {
  assert.deepEqual(read(shipped).ok, true);
});

const with_ = (from: string, to: string) => {
  assert.ok(shipped.includes(from), from);
  return shipped.replace(from, to);
};
const HOOK = "  - { id: soc, kind: webhook, keySecret: soc-key, url: ";
const MAIL = "  - { id: mail, kind: mail, host: mail.example.gov.vn, port: 587, from: a@example.gov.vn";
const SCREEN = "  - { id: screen, kind: screen }";

/** One wrong document for each rule, and the very words that it gets. */
const WRONG: [string, string, RegExp][] = [
  ["no YAML", "channels: [", /^not-yaml: \/: .+\. Correct the YAML/],
  ["too long", "#".repeat(300_000), /^not-yaml: \/: more than 262144 characters\. Shorten/],
  ["a field too much", `${shipped}\nlouder: true\n`, /^not-of-shape: \/.*\. docs\/notifications\.md/],
  ["a time that is none", with_('from: "22:00"', 'from: "25:00"'), /^not-of-shape: \/quiet\/from: /],
  [
    "a password in the document",
    with_(SCREEN, `${SCREEN}\n${MAIL}, password: geheim }`),
    /^not-of-shape: \/channels\/1/,
  ],
  ["a user without a secret", with_(SCREEN, `${SCREEN}\n${MAIL}, user: u }`), /^password-missing: \/channels\/1: /],
  [
    "two channels of a name",
    with_(SCREEN, `${SCREEN}\n${SCREEN}`),
    /^id-twice: \/channels\/1\/id: screen is there twice/,
  ],
  ["two routes of a name", with_("id: agencies", "id: leads"), /^id-twice: \/routes\/1\/id: leads/],
  [
    "an unknown channel",
    with_("direct: [screen]", "direct: [sms]"),
    /^channel-unknown: \/direct\/0: no channel is called sms/,
  ],
  ["a route to nobody", with_('to: ["role:agency-it"], ', ""), /^channel-has-no-address: \/routes\/1\/channels\/0: /],
  [
    "people on a channel with an address of its own",
    with_(SCREEN, `${SCREEN}\n${HOOK}"https://soc.example.gov.vn/" }`).replace("direct: [screen]", "direct: [soc]"),
    /^channel-has-own-address: \/direct\/0: /,
  ],
  [
    "a role that is none",
    with_("role:agency-it", "role:chief"),
    /^role-unknown: \/routes\/1\/to\/0: role:chief is no role\. Roles: /,
  ],
  [
    "a webhook in the clear",
    with_(SCREEN, `${SCREEN}\n${HOOK}"http://a.vn/" }`),
    /^url-refused: \/channels\/1\/url: url-not-https/,
  ],
  ["a webhook to this machine", with_(SCREEN, `${SCREEN}\n${HOOK}"https://127.0.0.1:8443/" }`), /: address-forbidden/],
  ["a webhook into the network", with_(SCREEN, `${SCREEN}\n${HOOK}"https://10.1.2.3:8443/" }`), /: address-private/],
  ["a key in the address", with_(SCREEN, `${SCREEN}\n${HOOK}"https://u:p@a.vn/" }`), /: url-credentials/],
  [
    "a heartbeat home",
    `${shipped}\nheartbeat: { url: "https://[::1]:8460/", keySecret: k, everySeconds: 5 }`,
    /^url-refused: \/heartbeat\/url/,
  ],
];
for (const [what, text, words] of WRONG)
  test(`refused: ${what}`, () => {
    const r = read(text);
    assert.ok(!r.ok);
    assert.match(r.detail, words);
  });

test("a webhook into a network that whoever holds the machine has named is taken", () => {
  const good = with_(SCREEN, `${SCREEN}\n${HOOK}"https://10.20.2.3:8443/hook" }`);
  assert.ok(read(good).ok);
});

const at = (time: string) => Date.parse(`2026-07-01T${time}:00+07:00`);
test("quiet hours go over midnight and end on the minute", () => {
  const r = rules();
  assert.equal(quietUntil(r, at("21:59")), undefined);
  assert.equal(quietUntil(r, at("22:00")), Date.parse("2026-07-02T06:00:00+07:00"));
  assert.equal(quietUntil(r, at("05:59")), at("06:00"));
  assert.equal(quietUntil(r, at("06:00")), undefined);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 41 }), (now) => {
      const until = quietUntil(r, now);
      // Whoever is held is held for eight hours at most, and free when it ends.
      return until === undefined || (until > now && until - now <= 8 * 3_600_000 && quietUntil(r, until) === undefined);
    }),
  );
});

test("what policy calls urgent is: by what it says or how bad it is; an end never, by how bad it was", () => {
  const r = rules();
  assert.equal(isUrgent(r, "opened", "critical"), true);
  assert.equal(isUrgent(r, "opened", "medium"), false);
  assert.equal(isUrgent(r, "clock-warning", "low"), true);
  assert.equal(isUrgent(r, "recovered", "critical"), false);
  assert.equal(isUrgent(r, "channel-dead", undefined), true);
  const { quiet: _, ...sleepless } = r;
  assert.equal(isUrgent(sleepless as NotifyRules, "opened", "low"), true, "where nobody sleeps nothing is held");
});

test("a machine does not sleep unless it says so; a screen is never held", () => {
  const hook = { id: "h", kind: "webhook", url: "https://a.vn/", keySecret: "k" } as const;
  const mail = { id: "m", kind: "mail", host: "a.vn", port: 25, from: "a@a.vn" } as const;
  assert.deepEqual(
    [keepsQuiet(hook), keepsQuiet({ ...hook, quiet: true }), keepsQuiet(mail), keepsQuiet({ ...mail, quiet: false })],
    [false, true, true, false],
  );
  assert.equal(keepsQuiet({ id: "s", kind: "screen" }), false);
});

test("back-off doubles, ends at 15 minutes, and spreads", () => {
  assert.ok(backoffMs(1, "a") <= 15_000 && backoffMs(1, "a") >= 11_250);
  assert.ok(backoffMs(30, "a") <= 900_000 && backoffMs(30, "a") >= 675_000);
  assert.ok(new Set(Array.from({ length: 50 }, (_, i) => backoffMs(3, `id-${i}`))).size > 20);
});

const FAIL: Outcome = { ok: false, of: "channel", final: false, code: "smtp-timeout", detail: "x" };
test("a channel is dead after three failures and its time, is told once, and told back once", () => {
  let h: ChannelHealth = { channel: "mail", failures: 0, retryAt: 0 };
  const told: (string | undefined)[] = [];
  const go = (o: Outcome, now: number) => {
    const s = afterTry(h, o, 60_000, now);
    h = s.health;
    told.push(s.tell);
  };
  for (const now of [0, 10_000, 30_000]) go(FAIL, now);
  assert.deepEqual(told, [undefined, undefined, undefined], "not yet for long enough");
  assert.ok(h.retryAt > 30_000 && h.retryAt <= 90_000);
  for (const now of [70_000, 200_000]) go(FAIL, now);
  go({ ...FAIL, of: "receiver", final: true }, 300_000);
  go({ ok: true }, 400_000);
  assert.deepEqual(told.slice(3), ["channel-dead", undefined, "channel-back", undefined]);
  assert.equal(h.failingSince, undefined);
});

test("a watcher: silence once, again after its time, back once; its own absence is no silence of the console", () => {
  const p = { silentAfterMs: 60_000, repeatMs: 600_000, startedAt: 0 };
  let w: Watched = { heardAt: 0, ready: true, detail: "" };
  const look = (now: number, patience = p) => {
    const j = judge(w, patience, now);
    w = j.watched;
    return j.tell?.what;
  };
  assert.equal(look(59_999), undefined);
  assert.equal(look(60_000), "silent");
  assert.equal(look(61_000), undefined);
  assert.equal(look(660_000), "silent");
  w = heard(w, true, "", 700_000);
  assert.equal(look(700_000), "back");
  assert.equal(look(700_001), undefined);
  assert.equal(look(5_000_000, { ...p, startedAt: 4_990_000 }), undefined, "it was away itself");
  w = heard(w, false, "full", 5_000_000);
  assert.equal(look(5_000_001), undefined, "one refusal is no trouble");
  w = heard(w, false, "full", 5_060_000);
  assert.equal(look(5_060_000), "unwell");
  assert.equal(look(5_125_000), "silent", "then it fell silent");
  w = heard(w, true, "", 5_130_000);
  assert.equal(look(5_130_000), "back");
});

test("a channel is one file: those in the folder are those in the list", () => {
  const files = readdirSync(new URL("../../../console/notify/channels/", import.meta.url)).sort();
  assert.deepEqual(files, ["index.ts", "mail.ts", "screen.ts", "webhook.ts"]);
});
