// The disk fills while agents send: they are told, nothing is acked that is not kept, and all goes on by itself when there
// is room. A real tmpfs of one megabyte.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { after, test } from "node:test";
import { batchOf, connectPeer, helloOf, join } from "./support/client.ts";
import { good } from "./support/province.ts";
import { eventually, type Rig, startRig } from "./support/rig.ts";

const skip = process.getuid?.() === 0 ? false : "needs root to mount a small tmpfs";
let rig: Rig | undefined;
let mounted = "";
after(async () => {
  await rig?.stop();
  if (mounted) execFileSync("umount", [mounted]);
  await rig?.end();
});

test("a full disk refuses by name, keeps what was acked, and heals", { skip, timeout: 60_000 }, async () => {
  rig = await startRig((config) => {
    mounted = config.dataDir;
    mkdirSync(mounted);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mounted]);
  });
  writeFileSync(joinPath(mounted, "ballast"), Buffer.alloc(250_000));
  const at = `http://127.0.0.1:${rig.console.screenPort}`;
  const peer = await join(await rig.door("xa-mot"), "xa-mot");
  const items = (first: number) =>
    Array.from({ length: 50 }, (_, i) => ({
      ...good("xa-mot/certificate/portal", first + i),
      facts: { a: "x".repeat(500) },
    }));
  let acked = 0;
  let refusal: { code: string; retryAfterMs?: number | undefined } | undefined;
  while (!refusal && acked < 100_000) {
    peer.send(batchOf(acked + 1, items(acked + 1)));
    const frame = await eventually("an answer", () => peer.inbox.shift());
    if (frame.t === "ack") acked = frame.seq;
    else if (frame.t === "refuse") refusal = frame;
  }
  assert.equal(refusal?.code, "store-unavailable");
  assert.ok(refusal.retryAfterMs! > 0);
  assert.equal((await peer.closed).code, 4503);
  assert.ok(acked > 0);
  assert.equal((await fetch(`${at}/readyz`)).status, 503);
  assert.equal((await fetch(`${at}/healthz`)).status, 200);
  rmSync(joinPath(mounted, "ballast"));
  const again = await connectPeer(await rig.door("xa-mot"));
  again.send(helloOf("xa-mot"));
  assert.equal((await again.next("welcome")).lastSeq, acked, "what was acked is kept, and nothing else");
  again.send(batchOf(acked + 1, items(acked + 1)));
  assert.equal((await again.next("ack")).seq, acked + 50);
  assert.equal((await fetch(`${at}/readyz`)).status, 200);
  await again.end();
});
