// TLSA of mail exchangers against what they show, as the servers that send to them would judge it.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import type { MailHost } from "../../../agent/wire/dns/audit/collect-mail.ts";
import type { ZoneSeen } from "../../../agent/wire/dns/audit/seen.ts";
import { tlsaFindings } from "../../../agent/wire/zone-tlsa.ts";
import { Pki } from "../support/pki.ts";

const pki = new Pki();
const root = pki.root("root");
const leaf = new X509Certificate(pki.issue(root, "mail.vn", "subjectAltName=DNS:mail.vn").certificate);
const authority = new X509Certificate(root.certificate);
const tlsa = (usage: number, of: X509Certificate) =>
  Uint8Array.from([usage, 0, 1, ...createHash("sha256").update(of.raw).digest()]);
const WRONG = Uint8Array.from([3, 1, 1, ...new Uint8Array(32)]);

type Shown = { ok: true; chain: X509Certificate[] } | { ok: false; why: string; detail: string };
const SHOWN: Shown = { ok: true, chain: [leaf, authority] };

async function judge(host: Partial<MailHost>, shown: Shown): Promise<string[]> {
  const mail = {
    name: "mail.vn.",
    preference: 10,
    alias: false,
    addresses: ["192.0.2.25", "2001:db8::25"],
    failed: false,
    insecure: false,
    tlsa: [],
    tlsaSecure: true,
    ...host,
  };
  const seen = {
    plan: { zone: "vn." },
    chain: { verdict: { security: "secure" } },
    servers: [],
    mail: [{ domain: "vn.", mxSecure: true, mx: [], hosts: [mail], spf: new Map(), dmarc: undefined }],
  } as unknown as ZoneSeen;
  const never = () => Promise.reject(new Error("nothing else is connected to"));
  const found = await tlsaFindings(seen, never, { connect: never, connectSmtp: async () => shown });
  return found.map(({ tag, subject }) => `${tag} ${subject}`);
}

const at = (tag: string) => ["192.0.2.25", "2001:db8::25"].map((address) => `${tag} _25._tcp.mail.vn. ${address}`);
const ROWS: readonly [string, Partial<MailHost>, Shown, string[]][] = [
  ["no TLSA: nothing is asked", {}, SHOWN, []],
  ["the server's own certificate, alone", { tlsa: [tlsa(3, leaf)] }, SHOWN, ["ZONE_TLSA_ONE_RECORD vn."]],
  ["the server's own certificate and its authority", { tlsa: [tlsa(3, leaf), tlsa(2, authority)] }, SHOWN, []],
  ["one of two, while it changes", { tlsa: [WRONG, tlsa(3, leaf)] }, SHOWN, []],
  ["its authority, and the name fits", { tlsa: [tlsa(2, authority), WRONG] }, SHOWN, []],
  [
    "its authority, under another name",
    { name: "mx.vn.", addresses: ["192.0.2.25"], tlsa: [tlsa(2, authority)] },
    SHOWN,
    ["ZONE_TLSA_MISMATCH _25._tcp.mx.vn. 192.0.2.25"],
  ],
  ["another certificate, at both addresses", { tlsa: [WRONG] }, SHOWN, at("ZONE_TLSA_MISMATCH")],
  [
    "no STARTTLS",
    { tlsa: [tlsa(3, leaf)] },
    { ok: false, why: "tls-failed", detail: "no STARTTLS" },
    at("ZONE_TLSA_NO_STARTTLS"),
  ],
  [
    "out of reach from here",
    { tlsa: [WRONG, tlsa(3, leaf)] },
    { ok: false, why: "timeout", detail: "no answer in time" },
    [],
  ],
  ["of the kind for web browsers", { tlsa: [tlsa(1, leaf)] }, SHOWN, ["ZONE_TLSA_UNUSABLE _25._tcp.mail.vn."]],
  ["not signed", { tlsa: [tlsa(3, leaf)], tlsaSecure: false }, SHOWN, ["ZONE_TLSA_UNPROTECTED _25._tcp.mail.vn."]],
];

describe("TLSA of a mail exchanger", () => {
  for (const [what, host, shown, expected] of ROWS)
    test(what, async () => assert.deepEqual((await judge(host, shown)).sort(), [...expected].sort()));
});
