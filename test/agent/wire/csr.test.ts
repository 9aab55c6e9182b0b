import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { certificateRequest } from "../../../agent/wire/csr.ts";

const openssl = (input: string, ...args: string[]) =>
  execFileSync("openssl", args, { input, stdio: ["pipe", "pipe", "pipe"] }).toString();

test("OpenSSL verifies the request and reads name, URI and key", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  for (const agent of ["hub1", "phuong-an-xuyen", "a".repeat(160)]) {
    const pem = certificateRequest(privateKey, agent, `urn:vonggac:agent:${agent}`);
    const text = openssl(pem, "req", "-verify", "-noout", "-text", "-nameopt", "utf8");
    assert.match(text, new RegExp(`Subject: CN ?= ?${agent.slice(0, 64)}\n`));
    assert.match(text, new RegExp(`URI:urn:vonggac:agent:${agent}\n`));
    const key = openssl(pem, "req", "-noout", "-pubkey");
    assert.equal(key, createPublicKey(privateKey).export({ type: "spki", format: "pem" }));
  }
});
