// The real world: the only folder of the agent that touches network, disk and clock on behalf of checks and detectors.
import { randomInt } from "node:crypto";
import type { World } from "../check.ts";
import { burstUdp } from "./burst.ts";
import { connectSmtpTls, connectTcp, connectTls, exchangeTcp, exchangeUdp, streamTcp } from "./connect.ts";
import { makeKernel } from "./kernel.ts";
import { fetchPage } from "./page.ts";
import { resolvConf } from "./resolv-conf.ts";
import { space } from "./space.ts";
import { makeTail } from "./tail.ts";

export function makeWorld(): World {
  return {
    now: Date.now,
    kernel: makeKernel(() => performance.now()),
    connectTcp,
    connectTls,
    exchangeUdp,
    burstUdp,
    fetchPage,
    space,
    exchangeTcp,
    streamTcp,
    connectSmtpTls,
    random16: () => randomInt(0x1_0000),
    tail: makeTail,
    resolvConf,
  };
}
