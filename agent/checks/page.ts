// A page is the one that was published: by its hash where the plan knows it, and never one that boasts of having been put there.
import { hash } from "node:crypto";
import type { Finding } from "../../protocol/finding.ts";
import type { Check } from "../check.ts";

const TIMEOUT_MS = 4_000;
/** What those write who put their page in another's place; words, so that none is found inside another word. */
const BOAST = /\b(?:hacked|defaced|pwned|owned) by\b/i;

export const page: Check<"page"> = {
  id: "page",
  kind: "page",
  sees: "network",
  clauses: ["MITRE ATT&CK T1491.002", "RFC 9110 §15"],
  async run({ expects: { name, address, port, path, sha256 } }, world) {
    const seen = await world.fetchPage({ address, port }, name, path, TIMEOUT_MS);
    if (!seen.ok)
      return {
        skipped: `the page could not be had (${seen.why}): the certificate's check says whether its server answers`,
      };
    const evidence = { name, address, path };
    const subject = `${name}${path}`.slice(0, 160);
    if (seen.status !== 200)
      return { findings: [{ subject, tag: "PAGE_FAILS", evidence: { ...evidence, status: seen.status } }] };
    const findings: Finding[] = [];
    if (BOAST.test(Buffer.from(seen.body).toString("utf8"))) findings.push({ subject, tag: "PAGE_DEFACED", evidence });
    const found = hash("sha256", seen.body);
    if (sha256 !== undefined && found !== sha256)
      findings.push({ subject, tag: "PAGE_CHANGED", evidence: { ...evidence, sha256: found, expected: sha256 } });
    return { findings };
  },
};
