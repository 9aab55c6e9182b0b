// A zone of many messages from a real BIND, signed with a TSIG key; and what becomes of a wrong key, another key, and none.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readTsigKey } from "../../../agent/wire/dns/tsig-key.ts";
import { transferZone } from "../../../agent/wire/zone-transfer.ts";
import { makeWorld } from "../../../agent/world/index.ts";
import { freePort } from "../../support/port.ts";

const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
const tool = (name: string, ...args: string[]) => execFileSync(name, args, { env, encoding: "utf8", stdio: "pipe" });
const NAMES = 600;

function missing(): string | false {
  try {
    tool("sh", "-c", "command -v named && command -v tsig-keygen");
    return false;
  } catch {
    return "needs BIND";
  }
}

describe("a transfer", { skip: missing() }, () => {
  const dir = mkdtempSync(join(tmpdir(), "bind-"));
  const to = { address: "127.0.0.1", port: 0 };
  const keyText = missing() ? "" : tool("tsig-keygen", "-a", "hmac-sha256", "transfer");
  let named: ReturnType<typeof spawn> | undefined;

  before(async () => {
    to.port = await freePort();
    const hosts = Array.from({ length: NAMES }, (_, i) => `h${i} TXT "${"x".repeat(200)}"\n`).join("");
    writeFileSync(
      join(dir, "zone"),
      `$TTL 300\n@ SOA ns1 h 1 7200 600 604800 300\n@ NS ns1\nns1 A 192.0.2.1\n${hosts}`,
    );
    writeFileSync(
      join(dir, "conf"),
      `${keyText}options { directory "${dir}"; listen-on port ${to.port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
        session-keyfile none; recursion no; allow-transfer { key transfer; }; };
      controls {};
      zone "big.example" { type primary; file "zone"; };\n`,
    );
    named = spawn("named", ["-f", "-n", "1", "-c", join(dir, "conf")], { env, stdio: "ignore" });
    const answers = async () => (await makeWorld().connectTcp(to, 1_000)).ok;
    for (let tries = 0; !(await answers()) && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    // It listens before its zones are loaded.
    for (let tries = 0; !(await transferZone("big.example.", to, makeWorld(), key())).ok && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
  });
  after(async () => {
    const ended = new Promise((resolve) => named?.once("exit", resolve));
    named?.kill();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  const key = () => readTsigKey(keyText);

  test("with the key: every record, over several messages, each signature verified", async () => {
    const world = makeWorld();
    let messages = 0;
    const counted = (message: Uint8Array, take: (message: Uint8Array) => "more" | "done") => {
      messages++;
      return take(message);
    };
    const doors = {
      ...world,
      streamTcp: (...[at, query, take, ms]: Parameters<typeof world.streamTcp>) =>
        world.streamTcp(at, query, (message) => counted(message, take), ms),
    };
    const got = await transferZone("big.example.", to, doors, key());
    assert.ok(got.ok, JSON.stringify(got));
    assert.equal(got.records.length, NAMES + 3);
    assert.ok(messages > 2, `${messages} messages`);
  });

  const BAD = [
    ["no key", () => undefined, "refused"],
    ["another secret", () => ({ ...key(), secret: Buffer.alloc(32) }), "key-refused"],
    ["another name", () => ({ ...key(), name: "other." }), "key-refused"],
  ] as const;
  for (const [what, made, why] of BAD)
    test(`${what}: ${why}`, async () => {
      assert.deepEqual(await transferZone("big.example.", to, makeWorld(), made()), { ok: false, why });
    });
});
