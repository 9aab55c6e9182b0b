// The ledger outside: every attack that was written into a log, and what the record says of it. Whoever writes sshd's log knows every
// attack, so nothing that the programs say of themselves is believed.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import type { Incident } from "../../../protocol/index.ts";
import { until } from "../../support/lab.ts";
import { AGENTS, type World } from "./world.ts";

const TICK_MS = 50;
const FAILURES = 5;

/** Attackers by number: each a documentation address of its own. */
const actorOf = (n: number) => `2001:db8:bad:${Math.floor(n / 65_536).toString(16)}::${(n % 65_536).toString(16)}`;

export interface Ledger {
  written(): number;
  /** Attacks flow from now on, twenty a second over all agents. */
  flow(): void;
  halt(): void;
  /** Holds the record against what was written; the flow must have been halted. `disturbed`: agents that may have been missed. */
  check(disturbed: ReadonlySet<string>): Promise<void>;
}

/** `standing` was there before the first fault and is still true; `closed` a person has closed, and it did not come back. */
export function keepLedger(world: World, standing: string, closed: string): Ledger {
  let written = 0;
  let timer: NodeJS.Timeout | undefined;
  let seenTo = 0;
  const actors = new Map<string, string>();
  const numbers = new Set<string>();
  const reopened = new Map<string, number>();

  const read = async () => {
    for (const { id, agent, epoch, seq, item } of await world.itemsAfter(seenTo)) {
      seenTo = id;
      const number = `${agent} ${epoch} ${seq}`;
      assert.ok(!numbers.has(number), `${number} stands in the record twice`);
      numbers.add(number);
      if (item.type !== "detection") continue;
      const actor = item.actor ?? "";
      assert.ok(!actors.has(actor), `the attack of ${actor} stands twice: ${actors.get(actor)} and ${number}`);
      actors.set(actor, number);
    }
  };
  const judge = (incidents: Incident[], disturbed: ReadonlySet<string>) => {
    const own = incidents.filter((i) => i.storm?.count || i.cause.actor !== undefined);
    const single = own.flatMap((i) => i.cause.actor ?? []);
    assert.equal(new Set(single).size, single.length, "no attacker has two incidents");
    assert.equal(
      own.reduce((n, i) => n + (i.storm?.count ?? 1), 0),
      written,
      "each attacker is answered for once",
    );
    assert.equal(
      own.reduce((n, i) => n + (i.detections ?? 0), 0),
      written,
      "each attack is counted once",
    );
    for (const i of incidents) {
      const what = i.history.map((e) => e.what);
      if (i.id === standing)
        assert.ok(!what.some((w) => w === "recovered" || w === "reopened"), `still broken, and: ${what}`);
      if (i.id === closed) assert.equal(i.state, "closed", `closed by a person, and: ${what}`);
      const times = what.filter((w) => w === "reopened").length;
      const more = times - (reopened.get(i.id) ?? 0);
      reopened.set(i.id, times);
      // A storm goes on with each new attacker; an agent may fall silent more than once, and the console be cut off from all of them.
      const mayBeSilent = (asset: string) =>
        asset === "console" ? AGENTS.every((a) => disturbed.has(a)) : disturbed.has(asset);
      const mayReturn = i.storm !== undefined || (i.class === "agent" && mayBeSilent(i.cause.asset));
      assert.ok(more === 0 || mayReturn, `${i.id} ${i.class} ${i.cause.asset} was reopened: ${what}`);
      assert.ok(
        i.id === standing || i.id === closed || i.cause.actor !== undefined || i.storm || i.class === "agent",
        `nothing else broke: ${i.id} ${i.class} ${i.cause.asset}`,
      );
    }
  };
  return {
    written: () => written,
    flow() {
      timer = setInterval(() => {
        const actor = actorOf(written);
        const lines = Array.from(
          { length: FAILURES },
          (_, k) => `Failed password for root from ${actor} port ${40_000 + k} ssh2\n`,
        );
        appendFileSync(world.logs.get(AGENTS[written % AGENTS.length]!)!, lines.join(""));
        written++;
      }, TICK_MS);
    },
    halt: () => clearInterval(timer),
    async check(disturbed) {
      await until("everything written has arrived", 60_000, async () => {
        await read();
        return actors.size >= written;
      }).catch((error: Error) => {
        const missing = Array.from({ length: written }, (_, n) => n).filter((n) => !actors.has(actorOf(n)));
        throw new Error(`${error.message}; missing ${missing.length}: ${missing.slice(0, 20)}`);
      });
      await world.allLive(60_000);
      await world.allOnDisk(30_000);
      await until("nobody is missed any more", 30_000, async () =>
        (await world.incidents()).every((i) => i.class !== "agent" || i.state === "recovered"),
      );
      judge(await world.incidents(), disturbed);
    },
  };
}
