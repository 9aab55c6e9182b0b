// kill -9 in the middle of an `up`, at moments drawn at random: of our command, of the engine and of the provider in turn; each second time
// over the whole length of the run, else while hosts and lines are being made. Each time the next `up` must finish what was begun and `destroy` leave nothing. A sample in CI; `VONGGAC_UP_KILLS=20` for more,
// `VONGGAC_SEED` repeats a run.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { destroy, ENGINE_VERSION, type Engine, engineBinary, release, up } from "../../../infra/engine/engine.ts";
import { sessionsDown } from "../../../infra/platforms/lab/bird.ts";
import { prefixOf } from "../../../infra/platforms/lab/names.ts";
import { namespaces } from "../../../infra/platforms/lab/netns.ts";
import { labProgram } from "../../../infra/program.ts";
import { lots } from "../../support/lots.ts";
import { freePort } from "../../support/port.ts";
import { leftovers, makeLab, whyNoLab } from "../platforms/lab/machine.ts";
import { smallDeployment, smallTopology } from "../platforms/lab/small.ts";

const skip =
  whyNoLab || (!existsSync(engineBinary()) && `needs the Pulumi engine ${ENGINE_VERSION}: npm start installs it`);
const ROUNDS = Number(process.env["VONGGAC_UP_KILLS"] ?? 3);
const SEED = Number(process.env["VONGGAC_SEED"] ?? Date.now() % 1_000_000);
const VICTIMS = ["command", "engine", "provider"] as const;
const PORT = await freePort();
const lab = skip ? undefined! : makeLab("k");
const engine: Engine = skip
  ? undefined!
  : { ...lab, program: labProgram({ deployment: smallDeployment(PORT), topology: smallTopology, lab }) };
/** Hosts, links, the two phases of programs; two places; provider and stack. */
const ALL = 3 + 2 + 2 + 2 + 2;
const end = async () => {
  await release(engine);
  await destroy(engine);
};
const begin = (): ChildProcess =>
  spawn(process.execPath, [path.join(import.meta.dirname, "up-child.ts"), JSON.stringify({ lab, port: PORT })], {
    stdio: "ignore",
  });

/** How long a whole `up` takes here and now, and when it makes the first host. */
let [wholeMs, firstMs] = [0, 0];
const begun = async () => {
  while (namespaces(prefixOf(lab.stack)).length === 0) await sleep(5);
};
before(async () => {
  if (skip) return;
  const startedAt = performance.now();
  const ended = once(begin(), "exit");
  await begun();
  firstMs = performance.now() - startedAt;
  await ended;
  wholeMs = performance.now() - startedAt;
  await end();
});
after(async () => {
  if (!skip) await lab.end();
});

const random = lots(SEED);
for (let round = 1; round <= ROUNDS; round++)
  test(`round ${round} of ${ROUNDS}, seed ${SEED}: the next up heals, and destroy leaves nothing`, {
    skip,
    timeout: 150_000,
  }, async (t) => {
    const child = begin();
    const ended = once(child, "exit");
    const wanted = VICTIMS[round % VICTIMS.length]!;
    const making = round % 2 === 1;
    if (making) await Promise.race([begun(), ended]);
    const [afterMs, ofMs] = [Math.round(random() * (making ? wholeMs - firstMs : wholeMs)), Math.round(wholeMs)];
    await Promise.race([sleep(afterMs), ended]);
    const victim = kill(child, wanted);
    const where = making ? `${afterMs} ms after the first host` : `after ${afterMs} ms`;
    t.diagnostic(`${victim} killed ${where} of about ${ofMs} ms; there: ${leftovers(lab).length} things`);
    await ended;
    const made = await up(engine);
    assert.equal((made["create"] ?? 0) + (made["same"] ?? 0) + (made["update"] ?? 0), ALL);
    assert.deepEqual(await sessionsDown(lab), []);
    assert.deepEqual(await up(engine), { same: ALL });
    await end();
    assert.deepEqual(leftovers(lab), []);
  });

/** Kills the victim, or the command while the victim is not there yet; says who it was. */
function kill(child: ChildProcess, wanted: (typeof VICTIMS)[number]): string {
  const command = child.pid!;
  const engineProcess = childOf(command, "pulumi");
  const provider = engineProcess && childOf(engineProcess, "node", "provider/main.ts");
  const pid = { command, engine: engineProcess, provider }[wanted];
  try {
    process.kill(pid ?? command, "SIGKILL");
    return pid === undefined ? `command (no ${wanted} yet)` : wanted;
  } catch {
    return "nobody: it was over";
  }
}

/** A child process by the name of its program and a word of its arguments. */
function childOf(parent: number, name: string, word = ""): number | undefined {
  try {
    const all = readdirSync(`/proc/${parent}/task`).flatMap((thread) =>
      readFileSync(`/proc/${parent}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
    );
    return all.find((pid) => {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words[0]!.endsWith(name) && words.join(" ").includes(word);
    });
  } catch {
    return undefined;
  }
}
