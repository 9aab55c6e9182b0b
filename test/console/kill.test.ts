// kill -9 in mid-stream: agents send on, the console dies at random moments and comes back. A ledger kept here says what was
// sent and what was acked; afterwards the record has all that was acked, once each, in order, and the incidents fit it.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, test } from "node:test";
import type { Incident, Item } from "../../protocol/index.ts";
import { batchOf, connectPeer, helloOf, type Peer } from "./support/client.ts";
import { agentLeaf } from "./support/pki.ts";
import { type Process, prepareProcesses } from "./support/processes.ts";
import { attack, bad, good } from "./support/province.ts";
import { eventually } from "./support/rig.ts";

const KILLS = Number(process.env["VONGGAC_CONSOLE_KILLS"] ?? 6);
const files = await prepareProcesses();
let console_: Process | undefined;
after(async () => {
  await console_?.kill("SIGKILL");
  files.end();
});

/** An agent with an outbox in memory: sends again what was not acked, never goes back. */
class Sender {
  readonly agent: string;
  readonly sent: Item[] = [];
  acked = 0;
  private readonly make: (n: number) => Item;
  private flowing = true;
  constructor(agent: string, make: (n: number) => Item) {
    this.agent = agent;
    this.make = make;
  }
  async run(): Promise<void> {
    const client = await agentLeaf(files.agentsCa, this.agent);
    const door = { port: files.config.gateway.port, roots: files.serverCa.cert, client };
    while (this.flowing || this.acked < this.sent.length) {
      const peer = await connectPeer(door).catch(() => undefined);
      if (peer) await this.talk(peer).catch(() => {});
      await peer?.end();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  stop() {
    this.flowing = false;
  }
  private async talk(peer: Peer): Promise<void> {
    peer.send(helloOf(this.agent, { nextSeq: this.acked + 1 }));
    const { lastSeq } = await peer.next("welcome", 2_000);
    assert.ok(lastSeq >= this.acked, `${this.agent}: acked ${this.acked}, but after the kill only ${lastSeq} are kept`);
    let next = lastSeq + 1;
    while (this.flowing || this.acked < this.sent.length) {
      if (this.flowing) for (let i = 0; i < 5; i++) this.sent.push(this.make(this.sent.length + 1));
      const items = this.sent.slice(next - 1, next + 49);
      peer.send(batchOf(next, items));
      next += items.length;
      const ack = await peer.next("ack", 2_000);
      this.acked = Math.max(this.acked, ack.seq);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

test(`${KILLS} kills of the console while items flow: nothing acked is lost, nothing is doubled`, {
  timeout: 120_000,
}, async () => {
  const portal = (agent: string) => (n: number) =>
    n % 40 < 20 ? good(`${agent}/certificate/portal`, n) : bad(`${agent}/certificate/portal`, "CERT_EXPIRED", n);
  const senders = [
    new Sender("xa-mot", portal("xa-mot")),
    new Sender("xa-hai", portal("xa-hai")),
    new Sender("bast1", (n) => attack(`a${n}`, `2001:db8:bad::${n.toString(16)}`)),
  ];
  console_ = await files.startConsole();
  const flows = senders.map((s) => s.run());
  for (let i = 0; i < KILLS; i++) {
    await new Promise((resolve) => setTimeout(resolve, randomInt(200, 900)));
    await console_.kill("SIGKILL");
    console_ = await files.startConsole();
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const s of senders) s.stop();
  await Promise.all(flows);

  const kept: { id: number; agent: string; seq: number; item: Item }[] = [];
  for (;;) {
    const page = await files.admin<typeof kept>(`/items?after=${kept.at(-1)?.id ?? 0}&limit=5000`);
    if (page.length === 0) break;
    kept.push(...page);
  }
  for (const s of senders) {
    const own = kept.filter((k) => k.agent === s.agent);
    assert.ok(own.length > 100, `${s.agent}: only ${own.length} items flowed`);
    assert.deepEqual(
      own.map((k) => k.seq),
      s.sent.map((_, i) => i + 1),
    );
    assert.deepEqual(
      own.map((k) => k.item),
      s.sent,
    );
  }
  // Each attack is in one incident, opened once, whatever was killed in between; the many are collapsed into one.
  const attacks = senders[2]!.sent.length;
  const incidents = await eventually("all attacks", async () => {
    const all = await files.admin<Incident[]>("/incidents");
    return all.reduce((n, i) => n + (i.detections ?? 0), 0) === attacks && all;
  });
  assert.equal(incidents.filter((i) => i.storm).length, 1);
  assert.equal(new Set(incidents.map((i) => i.id)).size, incidents.length);
  const actors = incidents.flatMap((i) => i.cause.actor ?? []);
  assert.equal(new Set(actors).size, actors.length);
  for (const i of incidents) assert.equal(i.history.filter((h) => h.what === "opened").length, 1, i.id);
});
