// The pages on checks say what the program says, and each check and detector has its page.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "../../agent/checks/index.ts";
import { DETECTORS } from "../../agent/detectors/index.ts";
import { filled, PAGES, pathOf } from "../../docs/checks/tables.ts";
import { TAGS } from "../../protocol/tags.ts";

const ROOT = join(import.meta.dirname, "../..");

for (const page of Object.keys(PAGES))
  test(`docs/checks/${page}.md stands as the tables say (else: node docs/checks/tables.ts)`, () => {
    const text = readFileSync(pathOf(page), "utf8");
    assert.equal(text, filled(page, text));
  });

test("every check and detector has a page, and no page is of none", () => {
  const ids = [...Object.values(CHECKS), ...Object.values(DETECTORS)].map((one) => one.id).sort();
  assert.deepEqual(Object.keys(PAGES).sort(), ids);
  const files = readdirSync(join(ROOT, "docs/checks")).filter((name) => name.endsWith(".md"));
  assert.deepEqual(files.sort(), ids.map((id) => `${id}.md`).sort());
});

test("every tag that an agent gives stands on a page", () => {
  const shown = new Set(Object.values(PAGES).flat());
  assert.deepEqual(
    Object.keys(TAGS).filter((tag) => !shown.has(tag)),
    ["AGENT_SILENT"],
  );
});

test("the page of the check `zone` names the tags that it gives, and no others", () => {
  const source = readFileSync(join(ROOT, "agent/checks/zone.ts"), "utf8");
  assert.deepEqual(
    [...new Set([...source.matchAll(/"(ZONE_[A-Z_]+)"/g)].map((m) => m[1]!))].sort(),
    [...PAGES["zone"]!].sort(),
  );
});

test("the coverage of peers' tests names every tag of the audit, and no tag that is none", () => {
  const text = readFileSync(pathOf("zone-audit"), "utf8");
  const table = text.slice(text.indexOf("## What peers look at"));
  const named = new Set([...table.matchAll(/`(ZONE_[A-Z0-9_]+)`/g)].map((m) => m[1]!));
  assert.deepEqual([...named].sort(), PAGES["zone-audit"]!.toSorted());
});
