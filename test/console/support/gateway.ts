// The gateway alone, before a sink that keeps last seqs in memory and fails or waits when it is told to.
import { rmSync } from "node:fs";
import type { MayEnrol } from "../../../console/gateway/admission.ts";
import type { GatewayLimits } from "../../../console/gateway/limits.ts";
import { type GatewayParts, openGateway } from "../../../console/gateway/server.ts";
import type { Sink, Taken } from "../../../console/gateway/sink.ts";
import { createLog } from "../../../console/log.ts";
import { createMetrics } from "../../../console/metrics.ts";
import type { RefusalCode } from "../../../protocol/index.ts";
import type { Door } from "./client.ts";
import { agentLeaf, type Pair } from "./pki.ts";
import { AGENTS } from "./province.ts";
import { prepare } from "./rig.ts";

export async function startPeerless(
  limits: Partial<GatewayLimits> = {},
  rest: Partial<Pick<GatewayParts, "releasesDir" | "released" | "cloned">> = {},
) {
  const { folder, config, agentsCa, serverCa } = await prepare();
  const last = new Map<string, number>();
  let failing: RefusalCode | undefined;
  let holding = false;
  let pressed = false;
  const waiting: (() => void)[] = [];
  const revoked = new Map<string, number>();
  let mayEnrol: MayEnrol = "yes";
  const take = async (agent: string, epoch: number, first: number, count: number): Promise<Taken> => {
    if (holding) await new Promise<void>((resolve) => waiting.push(resolve));
    if (failing) return { ok: false, code: failing, detail: "as told", retryAfterMs: 1_000 };
    const key = `${agent} ${epoch}`;
    const known = last.get(key) ?? 0;
    if (count > 0 && first > known + 1) return { ok: false, code: "sequence-hole", detail: `${known}` };
    last.set(key, Math.max(known, first + count - 1));
    return { ok: true, seq: last.get(key)!, full: false };
  };
  const sink: Sink = {
    knowsAgent: (agent) => (AGENTS as readonly string[]).includes(agent),
    lastSeq: (agent, epoch) => last.get(`${agent} ${epoch}`) ?? 0,
    heard() {},
    pressed: () => pressed,
    configured() {},
    deliver: (d) => take(d.agent, d.epoch, d.firstSeq, d.items.length),
    lost: (r) => take(r.agent, r.epoch, r.from, r.to - r.from + 1),
  };
  const gateway = await openGateway({
    ...config.gateway,
    enrolSocket: config.enrolSocket,
    beatMs: 200,
    sink,
    admission: {
      revokedAt: (agent) => revoked.get(agent),
      mayEnrol: () => mayEnrol,
      enrolled() {},
    },
    released() {},
    cloned() {},
    ...rest,
    limits,
    now: Date.now,
    monotonic: () => performance.now(),
    metrics: createMetrics(),
    log: createLog("silent"),
  });
  const doorWith = (client: Pair | undefined): Door => ({
    port: gateway.port,
    roots: serverCa.cert,
    ...(client ? { client } : {}),
  });
  return {
    gateway,
    config,
    agentsCa,
    doorWith,
    door: async (agent: string) => doorWith(await agentLeaf(agentsCa, agent)),
    fail(code: RefusalCode | undefined) {
      failing = code;
    },
    hold(on: boolean) {
      holding = on;
      if (!on) for (const resolve of waiting.splice(0)) resolve();
    },
    held: () => waiting.length,
    press(on: boolean) {
      pressed = on;
    },
    /** Revokes what was issued until now, as the console would. */
    revoke(agent: string) {
      revoked.set(agent, Date.now());
      gateway.cut(agent);
    },
    /** The same, of which the gateway is not told. */
    revokeSilently: (agent: string) => revoked.set(agent, Date.now()),
    approve(answer: MayEnrol) {
      mayEnrol = answer;
    },
    async end() {
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
