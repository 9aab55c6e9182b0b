// What chaos can do to one process, each with its undo. Drawn by lot; `disturbs`: agents that the console may rightly miss meanwhile.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENTS, faketime, VICTIMS, type Victim, type World } from "./world.ts";

export interface Fault {
  kind: "kill" | "full disk" | "clock" | "partition" | "slow disk";
  name: string;
  disturbs: readonly string[];
  /** Whether it was felt, by what the programs then said; undefined where nothing is said of it. */
  felt?(since: Record<string, string>): boolean;
  inject(): Promise<void> | void;
  undo(): void;
}
type Lot = () => number;
const pick = <T>(from: readonly T[], lot: Lot): T => from[Math.floor(lot() * from.length)]!;

const kill = (world: World, victim: Victim): Fault => ({
  kind: "kill",
  name: `kill -9 ${victim}`,
  disturbs: victim === "console" ? [] : [victim],
  inject: () => world.kill(victim),
  undo: () => {},
});

/** Not one byte is left, and whoever frees some loses it again while this lasts. */
function fillDisk(world: World, victim: Victim): Fault {
  const ballast = join(world.states.get(victim)!, "ballast");
  let timer: NodeJS.Timeout | undefined;
  const fill = () => {
    for (let size = 1 << 20; size >= 4_096; size /= 2)
      try {
        for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
      } catch {}
  };
  return {
    kind: "full disk",
    name: `full disk of ${victim}`,
    felt: (said) => /store-unavailable|disk is full|outbox-in-memory/.test(said[victim] ?? ""),
    disturbs: victim === "console" ? AGENTS : [victim],
    inject() {
      fill();
      timer = setInterval(fill, 50);
    },
    undo() {
      clearInterval(timer);
      rmSync(ballast, { force: true });
    },
  };
}

const moveClock = (world: World, victim: Victim, offset: "+1d" | "-1d"): Fault => ({
  kind: "clock",
  name: `clock of ${victim} ${offset}`,
  disturbs: victim === "console" ? AGENTS : [victim],
  inject: () => world.setClock(victim, offset),
  undo: () => world.setClock(victim, "+0"),
});

const partition = (world: World, agents: readonly string[]): Fault => ({
  kind: "partition",
  name: `partition of ${agents.join(", ")}`,
  felt: (said) => agents.some((agent) => /no-acks|no-welcome|unreachable/.test(said[agent] ?? "")),
  disturbs: agents,
  inject() {
    for (const agent of agents) world.wires.get(agent)!.cut();
  },
  undo() {
    for (const agent of agents) world.wires.get(agent)!.mend();
  },
});

const slowDisk = (world: World, victim: Victim, ms: number): Fault => ({
  kind: "slow disk",
  name: `disk of ${victim} ${ms} ms late`,
  disturbs: [],
  inject: () => world.setDelay(victim, ms),
  undo: () => world.setDelay(victim, 0),
});

/** One fault, or two of different kinds at once. */
export function draw(world: World, lot: Lot): Fault[] {
  const kinds: (() => Fault)[] = [
    () => kill(world, "console"),
    () => kill(world, pick(AGENTS, lot)),
    () => fillDisk(world, pick(VICTIMS, lot)),
    ...(faketime() ? [() => moveClock(world, pick(VICTIMS, lot), lot() < 0.5 ? "+1d" : "-1d")] : []),
    () => partition(world, lot() < 0.4 ? AGENTS : [pick(AGENTS, lot)]),
    () => slowDisk(world, pick(VICTIMS, lot), 100 + Math.floor(lot() * 500)),
  ];
  const first = Math.floor(lot() * kinds.length);
  const second = Math.floor(lot() * kinds.length);
  const drawn = (lot() < 0.5 || first === second ? [first] : [first, second]).map((i) => kinds[i]!());
  // An outbox that its full disk drove into memory is lost with a kill (agent/outbox.ts, rule 6): nobody was promised those items.
  const full = drawn.find((f) => f.name.startsWith("full disk of ") && !f.name.endsWith("console"));
  return full ? [full] : drawn;
}
