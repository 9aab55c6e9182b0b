// The look at each of a zone's servers: what it has at the apex, how it behaves, what it has of the names below; side by side, and
// bounded for each server. Pure: the driver sends.
import { apexProbes, collectNames, firstProbes, mannersProbes, namesFor, type Probing } from "./dns/audit/collect.ts";
import type { AuditPlan, Probe, Reply, ServerAddress, ServerSeen } from "./dns/audit/seen.ts";
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

  /** Many names go over one TCP connection, where the server answered on it. */
  private async names(seen: ServerSeen, plan: AuditPlan): Promise<ServerSeen["names"]> {
    const { driver, run, server } = this;
    const names = namesFor(seen, plan);
    const tcp = seen.probes["soa-tcp"];
    const pipelined = tcp !== undefined && "message" in tcp && tcp.message.rcode === RCODE.NOERROR;
    const count = pipelined ? LANES.pipelined : LANES.udp;
    const lanes = Array.from({ length: count }, (_, lane) => names.filter((_name, i) => i % count === lane));
    const parts = await Promise.all(
      lanes.map((lane) => driver.run(collectNames(run(), plan, server, lane, pipelined))),
    );
    return names.map((_name, i) => parts[i % count]![Math.floor(i / count)]!);
  }

  private async all(probings: readonly Probing[]): Promise<Probes> {
    const probes: Probes = {};
    const left = [...probings];
    const lane = async () => {
      for (let next = left.shift(); next; next = left.shift()) probes[next.probe] = await this.driver.run(next.step);
    };
    await Promise.all(Array.from({ length: LANES.udp }, lane));
    return probes;
  }
}
