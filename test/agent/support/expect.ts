// A test of a check names the tags that it expects, and forbids all others.
import assert from "node:assert/strict";
import { Compile } from "typebox/compile";
import type { Outcome } from "../../../agent/check.ts";
import { FindingSchema } from "../../../protocol/finding.ts";
import { TAGS } from "../../../protocol/tags.ts";

const shape = Compile(FindingSchema);

/** `expected`: "TAG subject" lines in any order. Every finding is held against the protocol and the table of tags. */
export function expectFindings(outcome: Outcome, expected: string[]): void {
  assert.ok("findings" in outcome, "the check was expected to run");
  for (const finding of outcome.findings) {
    assert.ok(shape.Check(finding), JSON.stringify(finding));
    assert.ok(finding.tag in TAGS, `${finding.tag} stands in no table`);
  }
  const seen = outcome.findings.map(({ tag, subject }) => `${tag} ${subject}`);
  assert.deepEqual(seen.sort(), expected.toSorted());
}
