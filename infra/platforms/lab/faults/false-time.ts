// A time server lies: in its place somebody answers whose clock is an hour fast. The machine's own clock is left alone.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { convergeDaemon } from "../daemons.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { hostsOf } from "../notes.ts";
import { stopDaemon } from "../process.ts";
import { daemonOf, inputsOf, targetsOf } from "./assets.ts";
import { endIn, NODE, startIn } from "./attacker.ts";
import type { Fault } from "./fault.ts";

const FAST_SECONDS = 3_600;
const DAEMON = "chrony";

const addressesOf = (lab: Lab, host: string): string[] => [
  ...new Set(
    targetsOf(lab, "clock").flatMap((t) => t.expects.servers.flatMap((s) => (s.name === host ? [s.address] : []))),
  ),
];

export const falseTime: Fault = {
  name: "false-time",
  targets: "time",
  candidates: (lab) => hostsOf(lab).filter((host) => daemonOf(lab, host, "chronyd")),
  expects: (_, host) => ({ incident: `service ${host}-ntp`, withinMs: 60_000 }),
  async inject(lab, host) {
    await stopDaemon(lab, host, DAEMON);
    const injectedAt = Date.now();
    const argv = [NODE, join(import.meta.dirname, "tools/false-time.ts"), String(FAST_SECONDS)];
    const facts = await startIn(namespaceOf(lab, host), [...argv, ...addressesOf(lab, host)]);
    await sleep(200);
    return { injectedAt, facts };
  },
  async undo(lab, host, injected) {
    await endIn(injected);
    await convergeDaemon(lab, inputsOf(lab, host), DAEMON);
  },
};
