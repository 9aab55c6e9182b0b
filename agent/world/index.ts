// The real world: the only folder of the agent that touches network, disk and clock on behalf of checks and detectors.
import { randomInt } from "node:crypto";
import type { World } from "../check.ts";
import { burstUdp } from "./burst.ts";
import { connectSmtpTls, connectTcp, connectTls, exchangeTcp, streamTcp } from "./connect.ts";
import { exchangeUdp } from "./datagram.ts";
import { makeKernel } from "./kernel.ts";
import { fetchPage } from "./page.ts";
import { exchangePipelined } from "./pipeline.ts";
import { RESOLV_CONF, smallText } from "./small-text.ts";
import { space } from "./space.ts";
import { makeTail } from "./tail.ts";

/** `transferKeyFile`: where the key of zone transfers stands, for an agent that has one. */
export function makeWorld({ transferKeyFile }: { transferKeyFile?: string } = {}): World {
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
    exchangePipelined,
    streamTcp,
    connectSmtpTls,
    random16: () => randomInt(0x1_0000),
    tail: makeTail,
    resolvConf: () => smallText(RESOLV_CONF),
    transferKey: () => (transferKeyFile === undefined ? undefined : smallText(transferKeyFile)),
  };
}
