// The look at each of a zone's servers: what it has at the apex, how it behaves, what it has of the names below; side by side, and
// bounded for each server. Pure: the driver sends.
import { apexProbes, collectName, firstProbes, mannersProbes, namesFor, type Probing } from "./dns/audit/collect.ts";
import type { AuditPlan, Probe, Reply, RrsetName, ServerAddress, ServerSeen } from "./dns/audit/seen.ts";
import type { Run } from "./dns/resolver/machine.ts";
import { RCODE } from "./dns/types.ts";
import type { Driver } from "./dns-drive.ts";

/** Questions under way at one server at once, for its content and for its manners each. A resolver with as many users sends as many. */
const LANES = { udp: 8, pipelined: 128 } as const;

type Probes = Partial<Record<Probe, Reply>>;

/** `planning`: the plan with all names, once they are known; the apex need not wait for them. */
export async function lookAt(
  driver: Driver,
  run: () => Run,
  apex: AuditPlan,
  planning: Promise<AuditPlan>,
  server: ServerAddress,
): Promise<ServerSeen> {
  const look = new Look(driver, run, server);
  const [content, manners] = await Promise.all([look.content(apex, planning), look.manners(apex)]);
  return { ...content, probes: { ...manners, ...content.probes } };
}

class Look {
  private readonly driver: Driver;
  private readonly run: () => Run;
  private readonly server: ServerAddress;

  constructor(driver: Driver, run: () => Run, server: ServerAddress) {
    this.driver = driver;
    this.run = run;
    this.server = server;
  }

  /** One that does not answer the first question is asked over TCP, and then left alone. */
  async content(apex: AuditPlan, planning: Promise<AuditPlan>): Promise<ServerSeen> {
    const { driver, run, server } = this;
    const first = firstProbes(run(), apex, server);
    const soa = await driver.run(first.soa);
    if ("failure" in soa) return { ...server, probes: { soa, "soa-tcp": await driver.run(first.tcp) }, names: [] };
    const [tcp, rest] = await Promise.all([driver.run(first.tcp), this.all(apexProbes(run, apex, server))]);
    const seen: ServerSeen = { ...server, probes: { soa, "soa-tcp": tcp, ...rest }, names: [] };
    return { ...seen, names: await this.names(seen, await planning) };
  }

  async manners(apex: AuditPlan): Promise<Probes> {
    const { driver, run, server } = this;
    const plain = await driver.run(firstProbes(run(), apex, server).plain);
    if ("failure" in plain) return { "soa-plain": plain };
    return { "soa-plain": plain, ...(await this.all(mannersProbes(run, apex, server))) };
  }

  /** Over one TCP connection, where the server answered on it and as long as that goes well; the rest over UDP. */
  private async names(seen: ServerSeen, plan: AuditPlan): Promise<ServerSeen["names"]> {
    const { driver, run, server } = this;
    const names = namesFor(seen, plan);
    const replies = new Map<RrsetName, Reply>();
    const tcp = seen.probes["soa-tcp"];
    let together = tcp !== undefined && "message" in tcp && tcp.message.rcode === RCODE.NOERROR;
    await inLanes(LANES.pipelined, names, async (asked) => {
      if (!together) return;
      const reply = await driver.run(collectName(run(), plan, server, asked, true));
      // A server may close a connection when it likes (RFC 7766 §6.2.3); that says nothing of the name.
      if ("message" in reply) replies.set(asked, reply);
      else together = false;
    });
    const left = names.filter((asked) => !replies.has(asked));
    await inLanes(LANES.udp, left, async (asked) => {
      replies.set(asked, await driver.run(collectName(run(), plan, server, asked, false)));
    });
    return names.map((asked) => ({ asked, reply: replies.get(asked)! }));
  }

  private async all(probings: readonly Probing[]): Promise<Probes> {
    const probes: Probes = {};
    await inLanes(LANES.udp, probings, async ({ probe, step }) => {
      probes[probe] = await this.driver.run(step);
    });
    return probes;
  }
}

/** Does each piece of work, so many at once. */
async function inLanes<T>(lanes: number, work: readonly T[], one: (piece: T) => Promise<void>): Promise<void> {
  let at = 0;
  const lane = async () => {
    while (at < work.length) await one(work[at++]!);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, work.length) }, lane));
}
