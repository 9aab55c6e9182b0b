// What this machine is, once a day: system, processor, memory, disks, network cards. systeminformation asks a dozen commands for it
// and takes two seconds of a core (docs: limits), so it runs in a short-lived child at the lowest priority, and the agent
// itself never loads it. The result stands in `inventory.json` in the state folder; the log says when it changed.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { setPriority } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeFileDurably } from "./files.ts";
import { phaseOf } from "./schedule.ts";

const DAY_MS = 86_400_000;
/** Not while a machine, or a whole province, is starting. */
const FIRST_AFTER_MS = 600_000;
const SPREAD_MS = 3_000_000;
const TIMEOUT_MS = 120_000;
const MAX_BYTES = 262_144;

export interface InventoryParts {
  agent: string;
  stateDir: string;
  log(event: string, about: Record<string, unknown>): void;
}

/** Takes the inventory every day, the first some ten minutes to an hour after the start. Returns what ends it. */
export function keepInventory({ agent, stateDir, log }: InventoryParts): () => void {
  let last = "";
  let timer: NodeJS.Timeout;
  const plan = (ms: number) => {
    timer = setTimeout(async () => {
      try {
        const text = await takeInventory();
        const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
        if (hash !== last) {
          writeFileDurably(join(stateDir, "inventory.json"), text, 0o600);
          log("inventory", { hash, changed: last !== "" });
          last = hash;
        }
      } catch (error) {
        log("inventory-failed", { error: (error as Error).message.slice(0, 300) });
      }
      plan(DAY_MS);
    }, ms);
    timer.unref();
  };
  plan(FIRST_AFTER_MS + phaseOf(SPREAD_MS, agent, "inventory"));
  return () => clearTimeout(timer);
}

/** The inventory as JSON text, made by a child process. Throws when the child fails or takes too long. */
export async function takeInventory(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename], {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_BYTES,
    killSignal: "SIGKILL",
  });
  return stdout;
}

/** Stable facts only: nothing that moves from hour to hour, no serial numbers, no addresses. */
async function collect(): Promise<unknown> {
  const { default: si } = await import("systeminformation");
  const [os, cpu, memory, disks, cards] = await Promise.all([
    si.osInfo(),
    si.cpu(),
    si.mem(),
    si.fsSize(),
    si.networkInterfaces(),
  ]);
  const list = Array.isArray(cards) ? cards : [cards];
  return {
    os: { distribution: os.distro, release: os.release, kernel: os.kernel, architecture: os.arch },
    processor: { maker: cpu.manufacturer, brand: cpu.brand, cores: cpu.cores },
    memoryBytes: memory.total,
    disks: disks.map(({ fs, type, size, mount }) => ({ device: fs, type, bytes: size, mount })),
    cards: list.map(({ iface, type, speed }) => ({ device: iface, type, megabits: speed ?? null })),
    node: process.version,
  };
}

if (import.meta.main) {
  setPriority(19);
  process.stdout.write(`${JSON.stringify(await collect())}\n`);
}
