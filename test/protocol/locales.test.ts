// The two tables of texts hold together with each other and with everything that names them: a tag, state or reason that
// nobody can read in either language fails here.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SEVERITIES } from "../../protocol/finding.ts";
import {
  joinList,
  LANGUAGES,
  placeholders,
  TEXTS,
  type TextKey,
  text,
  textIfKnown,
} from "../../protocol/locales/index.ts";
import { DETECTION_CLASSES, TAGS } from "../../protocol/tags.ts";

const root = new URL("../../", import.meta.url);
const keys = Object.keys(TEXTS.vi);

/** Every .ts and .tsx text below a folder, but for what was built. */
function sources(folder: string): string {
  const names = readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" });
  const wanted = names.filter((n) => /\.tsx?$/.test(n) && !n.includes("dist/"));
  assert.ok(wanted.length > 0, `${folder} has sources`);
  return wanted.map((n) => readFileSync(new URL(`${folder}/${n}`, root), "utf8")).join("\n");
}

/** Fails with every key that one of the languages lacks. */
function assertKnown(wanted: string[]): void {
  assert.ok(wanted.length > 0, "something is looked for");
  const missing = LANGUAGES.flatMap((l) =>
    wanted.filter((k) => textIfKnown(l, k) === undefined).map((k) => `${l}: ${k}`),
  );
  assert.deepEqual(missing, []);
}

test("both languages have the same keys in the same order", () => {
  assert.ok(keys.length > 200);
  assert.deepEqual(Object.keys(TEXTS.en), keys);
});

test("both languages fill the same placeholders", () => {
  for (const key of keys) assert.deepEqual(placeholders(TEXTS.en[key]!), placeholders(TEXTS.vi[key]!), key);
});

test("no text is empty, and each is in composed form, so that searching and comparing work", () => {
  for (const language of LANGUAGES)
    for (const [key, value] of Object.entries(TEXTS[language])) {
      assert.ok(value.trim().length > 0, key);
      assert.equal(value, value.normalize("NFC"), key);
    }
});

test("every tag says what is wrong and how to mend it", () => {
  assertKnown(Object.keys(TAGS).flatMap((tag) => [`tag.${tag}.title`, `tag.${tag}.remedy`]));
  const unknown = keys.filter((k) => k.startsWith("tag.") && !Object.hasOwn(TAGS, k.split(".")[1]!));
  assert.deepEqual(unknown, [], "no text of a tag that is gone");
});

test("every detection class says what it is and what to do", () => {
  assertKnown(Object.keys(DETECTION_CLASSES).flatMap((c) => [`detection.${c}.title`, `detection.${c}.remedy`]));
});

test("every severity, and every word of the closed unions of incident.ts, has its text", () => {
  assertKnown(SEVERITIES.map((s) => `severity.${s}`));
  const source = readFileSync(new URL("protocol/incident.ts", root), "utf8");
  for (const [union, prefix] of [
    ["IncidentClass", "class"],
    ["IncidentState", "state"],
    ["IncidentEventKind", "event"],
    ["CheckStatus", "status"],
  ]) {
    const [, body] =
      new RegExp(`export type ${union} =([^;]+);`).exec(source) ?? assert.fail(`${union} is not in incident.ts`);
    assertKnown([...body!.matchAll(/"([^"]+)"/g)].map((m) => `${prefix}.${m[1]}`));
  }
});

test("every word of the closed unions of casework.ts has its text", () => {
  const source = readFileSync(new URL("protocol/casework.ts", root), "utf8");
  const words = (from: RegExp) => [...(from.exec(source)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((m) => m[1]!);
  for (const [pattern, prefix] of [
    [/export type WorkEventKind =([^;]+);/, "work"],
    [/export type CaseRefusal =([^;]+);/, "problem"],
    [/interface Intent \{[^}]*?\n {2}kind:([^;]+);/, "intent"],
    [/interface Intent \{[^}]*?\n {2}kind:([^;]+);/, "notify.kind"],
    [/TASK_PHASES = \[([^\]]+)\]/, "task.phase"],
    [/interface Task \{[^}]*?\n {2}state:([^;]+);/, "task"],
  ] as const)
    assertKnown(words(pattern).map((word) => `${prefix}.${word}`));
  const reasons = [...sources("console/incidents").matchAll(/"(reason\.[a-z-]+)"/g)].map((m) => m[1]!);
  assertKnown([...new Set(reasons)]);
});

test("every kind of target has its labels", () => {
  const kinds = [
    ...readFileSync(new URL("protocol/target.ts", root), "utf8").matchAll(/kind: Type\.Literal\("([^"]+)"\)/g),
  ];
  assertKnown(kinds.flatMap(([, kind]) => [`kind.${kind}.title`, `kind.${kind}.short`]));
});

test("every reason that the correlator gives can be read", () => {
  const reasons = [...sources("console/correlate").matchAll(/"(reason\.[a-z-]+)"/g)].map((m) => m[1]!);
  assertKnown([...new Set(reasons)]);
});

test("every refusal of an act can be read", () => {
  const [, union] =
    /export type ActRefusal =([^;]+);/.exec(readFileSync(new URL("protocol/lifecycle.ts", root), "utf8")) ??
    assert.fail("no ActRefusal");
  assertKnown([...union!.matchAll(/"([^"]+)"/g)].map((m) => `problem.${m[1]}`));
});

test("no text is left that nobody uses", () => {
  const used = sources("console") + sources("protocol/locales");
  // Keys that are made of an id at run time; the tests above hold most of them to the ids that exist.
  const made =
    /^(tag|detection|severity|importance|breadth|work|intent|task|timeline|state|class|event|reason|kind|evidence|said|problem|theme|role|signin\.error|silence\.(kind|field|op)|declare\.indicator|account\.state|session\.method|agents\.(state|presence)|software\.(act|bring)|file\.(hash|kept))\.|^(feed|impact|status|deadman)\.\w+(\.(hint|short|text))?$|^(notify\.(kind|impact)|channel)\./;
  const stale = keys.filter((k) => !made.test(k) && !used.includes(`"${k}"`));
  assert.deepEqual(stale, []);
});

test("what is said of a check's fixed words is said of words that a check has", () => {
  const words = keys.filter((k) => k.startsWith("said.")).map((k) => k.slice("said.".length));
  const agent = sources("agent");
  assert.deepEqual(
    // As a word, before a detail or as one, or as a response code by its name.
    words.filter(
      (w) =>
        !["true", "false"].includes(w) &&
        ![`"${w}"`, `: ${w}"`, `\`${w}: `, `  ${w}: `].some((as) => agent.includes(as)),
    ),
    [],
  );
});

test("a text is filled; a missing fact stays in sight; a count chooses the word", () => {
  assert.equal(text("vi", "summary.of", { total: 86 }), "trên 86");
  assert.equal(text("vi", "summary.of"), "trên {total}");
  assert.equal(text("en", "impact.agencies", { count: 1 }), "1 agency");
  assert.equal(text("en", "impact.agencies", { count: 12 }), "12 agencies");
  assert.equal(textIfKnown("en", "toString"), undefined);
  assert.equal(text("en", "no.such.key" as TextKey), "no.such.key");
});

test("lists are joined as people write them", () => {
  assert.equal(joinList("vi", []), "");
  assert.equal(joinList("vi", ["a"]), "a");
  assert.equal(joinList("vi", ["a", "b"]), "a và b");
  assert.equal(joinList("en", ["a", "b", "c"]), "a, b and c");
  assert.equal(joinList("vi", ["a", "b", "c", "d"], 2), "a, b và 2 nơi khác");
  assert.equal(joinList("en", ["a", "b", "c"], 2), "a, b and c", "one more is named, not counted");
});
