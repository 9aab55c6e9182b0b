// TLSA's three numbers, each against the chain that is served.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { tlsaMatch } from "../../../agent/wire/tlsa.ts";
import { Pki } from "../support/pki.ts";

const pki = new Pki();
const root = pki.root("root");
const middle = pki.intermediate(root, "middle");
const [leaf, ca, other] = [pki.issue(middle, "leaf", "subjectAltName=DNS:leaf"), middle, pki.root("other")].map(
  ({ certificate }) => new X509Certificate(certificate),
) as [X509Certificate, X509Certificate, X509Certificate];
const chain = [leaf, ca];
const spki = (c: X509Certificate) => c.publicKey.export({ type: "spki", format: "der" });
const hash = (algorithm: string, data: Buffer) => createHash(algorithm).update(data).digest();
const record = (usage: number, selector: number, matching: number, data: Buffer) =>
  Uint8Array.from([usage, selector, matching, ...data]);

const ROWS: [string, Uint8Array[], ReturnType<typeof tlsaMatch>][] = [
  ["3 0 0: the whole leaf", [record(3, 0, 0, leaf.raw)], "matches"],
  ["3 1 1: its key by SHA-256", [record(3, 1, 1, hash("sha256", spki(leaf)))], "matches"],
  ["3 1 2: its key by SHA-512", [record(3, 1, 2, hash("sha512", spki(leaf)))], "matches"],
  ["1 0 1: the leaf, PKIX too", [record(1, 0, 1, hash("sha256", leaf.raw))], "matches"],
  ["2 1 1: the authority served", [record(2, 1, 1, hash("sha256", spki(ca)))], "matches"],
  ["3 1 1 with the authority's key", [record(3, 1, 1, hash("sha256", spki(ca)))], "differs"],
  ["2 1 1 of an authority that is not served", [record(2, 1, 1, hash("sha256", spki(other)))], "differs"],
  ["0 1 1 of a root that the client may have", [record(0, 1, 1, hash("sha256", spki(other)))], "unknown"],
  [
    "an old record beside the new one",
    [record(3, 1, 1, hash("sha256", spki(other))), record(3, 1, 1, hash("sha256", spki(leaf)))],
    "matches",
  ],
  ["numbers that nobody knows", [record(9, 9, 9, leaf.raw)], "unknown"],
  ["no octets", [new Uint8Array()], "unknown"],
];
for (const [name, records, expected] of ROWS) test(name, () => assert.equal(tlsaMatch(records, chain), expected));
test("no chain says nothing", () => assert.equal(tlsaMatch([record(3, 0, 0, leaf.raw)], []), "unknown"));
