// Channels that province.yaml provisions, beside the document that people edit: each is told without anybody's help, none can be written
// over, and one that is taken away takes nothing else with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { notifyRules } from "../../../console/notifier.ts";
import type { Provisioned } from "../../../console/notify/provisioned.ts";

const PROVISIONED: Provisioned = {
  channels: [
    { id: "mail", kind: "mail", host: "mail.example.vn", port: 587, from: "a@example.vn" },
    { id: "soc", kind: "webhook", url: "https://soc.example.vn/hook", keySecret: "soc-key" },
  ],
  heartbeat: { url: "https://watch.example.vn:8460/beat", keySecret: "beat-key", everySeconds: 30 },
};
const withThem = notifyRules({ allow: [] }, PROVISIONED);
const without = notifyRules({ allow: [] });
const rulesOf = (read: ReturnType<typeof without.read>) => {
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
};

test("what ships tells over each: people directly by mail, an address of its own by a route", () => {
  const rules = rulesOf(withThem.read(withThem.shipped));
  assert.deepEqual(rules.direct, ["screen", "mail"]);
  assert.deepEqual(
    rules.channels.map((c) => c.id),
    ["screen", "mail", "soc"],
  );
  assert.deepEqual(rules.routes.at(-1), {
    id: "to-soc",
    channels: ["soc"],
    kinds: ["opened", "reopened", "worsened", "recovered"],
  });
  assert.equal(rules.heartbeat?.url, PROVISIONED.heartbeat!.url);
  assert.match(withThem.shipped, /# Who is told of what/, "comments are kept");
  assert.equal(rulesOf(without.read(without.shipped)).channels.length, 1);
});

test("a document may name them, and not write over them", () => {
  const named = without.shipped.replace("direct: [screen]", "direct: [screen, mail]");
  assert.deepEqual(rulesOf(withThem.read(named)).direct, ["screen", "mail"]);
  const written = without.shipped.replace(
    "  - { id: screen, kind: screen }",
    "  - { id: screen, kind: screen }\n  - { id: mail, kind: mail, host: elsewhere.example, port: 587, from: a@example.vn }",
  );
  const refused = withThem.read(written);
  assert.ok(!refused.ok);
  assert.match(refused.detail, /^channel-provisioned: \/channels\/1\/id: province\.yaml provisions mail/);
  // It stood there before province.yaml had one of that name: the address is then the province's word.
  const kept = rulesOf(withThem.readKept(written)).channels.find((c) => c.id === "mail");
  assert.deepEqual(kept, PROVISIONED.channels[0]);
});

test("one that is gone takes its name along and nothing else; what is new is still refused", () => {
  const put = withThem.shipped.replace("dedupMinutes: 10", "dedupMinutes: 7");
  const refused = without.read(put);
  assert.ok(!refused.ok);
  assert.match(refused.detail, /^channel-unknown: \/direct\/1: no channel is called mail/);
  const kept = rulesOf(without.readKept(put));
  assert.deepEqual([kept.direct, kept.dedupMinutes, kept.routes.length], [["screen"], 7, 2]);
  const alone = put.replace(/^direct:.*$/m, "direct: [mail]");
  assert.deepEqual(rulesOf(without.readKept(alone)).direct, ["screen"], "whoever has to act is told all the same");
});
