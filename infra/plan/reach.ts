// May A begin to speak to B? The answer of the plan, by which rule, and where the packet ends if not: the matrix that is proved
// by packets in a running network. Pure.
import { net } from "./address.ts";
import { FLOWS, isOf, SERVICES, type Service, zoneOf } from "./firewall.ts";
import { covers } from "./routing.ts";
import type { Plan, PlannedHost } from "./types.ts";

export interface Question {
  /** Ids of hosts. */
  from: string;
  to: string;
  service: Service;
  family: 4 | 6;
}

/** Why a packet passes or does not. */
export type Reason =
  /** By a line of the table. */
  | "flow"
  /** Between the two ends of one line that speak BGP. */
  | "neighbour"
  /** Nothing allows it: the default. */
  | "default-drop"
  /** The source's address is private, and nobody outside could answer it. */
  | "private-source"
  /** Outside speaks to outside: none of ours is asked. */
  | "not-ours";

export interface Answer {
  reached: boolean;
  reason: Reason;
  /** The line of the table. */
  flow?: string;
  /** The host whose rules end it. */
  at?: string;
}

const isOutside = (h: PlannedHost) => zoneOf(h) === "internet";

/** Whether the plan lets `from` open `service` at `to`. Throws when a host is not of the plan. */
export function reach(plan: Plan, { from, to, service, family }: Question): Answer {
  const [a, b] = [hostOf(plan, from), hostOf(plan, to)];
  if (isOutside(a) && isOutside(b)) return { reached: true, reason: "not-ours" };
  if (service === "bgp" && neighbours(plan, from, to)) return { reached: true, reason: "neighbour" };
  const flow = FLOWS.find((f) => f.services.includes(service) && isOf(a, f.from) && isOf(b, f.to));
  if (flow && family === 4 && isOutside(b) && covers(net(plan.province.private4), net(addressOf(a, 4))))
    return { reached: false, reason: "private-source", at: borderOf(plan) };
  if (flow) return { reached: true, reason: "flow", flow: flow.id };
  return { reached: false, reason: "default-drop", at: isOutside(a) || isOutside(b) ? borderOf(plan) : to };
}

const hostOf = (plan: Plan, id: string): PlannedHost => {
  const host = plan.byId.get(id);
  if (!host) throw new RangeError(`no host ${id} in the plan`);
  return host;
};

const neighbours = (plan: Plan, a: string, b: string) =>
  (plan.interfaces.get(a) ?? []).find((i) => i.link.bgp && i.peer.host === b);

/** Any border: which one carries it is routing's to say. */
const borderOf = (plan: Plan): string => plan.hosts.find((h) => h.role === "border")!.id;

/** The address that stands for a host: a server's own, a router's loopback, of a site that of its people's network. */
export const addressOf = ({ role, server, loopback, anycast, lan }: PlannedHost, family: 4 | 6): string => {
  const { v4, v6 } = server?.address ?? anycast[0] ?? (role === "site" ? lan!.address : loopback!);
  return family === 4 ? v4 : v6;
};

/** Neighbours speak from and to their line's own addresses, all others from and to what outlives a line. */
function endsOf(plan: Plan, a: PlannedHost, b: PlannedHost, service: Service, family: 4 | 6) {
  const line = service === "bgp" ? neighbours(plan, a.id, b.id) : undefined;
  const f = family === 4 ? "v4" : "v6";
  return line
    ? { source: line.own.address![f], address: line.peer.address![f] }
    : { source: addressOf(a, family), address: addressOf(b, family) };
}

/** A pair of the matrix with everything that a probe needs. */
export interface Pair extends Question, Answer {
  /** The probe's own address and the one that it asks. */
  source: string;
  address: string;
  /** None for echo. */
  protocol?: "tcp" | "udp";
  port?: number;
}

/** What of a service is probed: its first TCP port, or its first UDP port where it has no other. */
export function probeOf(service: Service): Pick<Pair, "protocol" | "port"> {
  const { tcp, udp } = SERVICES[service] as { tcp: readonly number[]; udp: readonly number[] };
  if (tcp[0] !== undefined) return { protocol: "tcp", port: tcp[0] };
  return udp[0] === undefined ? {} : { protocol: "udp", port: udp[0] };
}

/**
 * Every question that can be asked between these hosts, with its answer: allowed ones and refused ones, in both families. All of
 * the plan's hosts unless named; of many sites a few stand for all, since the rules know none by name.
 */
export function matrix(plan: Plan, hosts: readonly string[] = plan.hosts.map((h) => h.id)): Pair[] {
  const all = hosts.map((id) => hostOf(plan, id));
  return all.flatMap((a) =>
    all.flatMap((b) =>
      a === b || (isOutside(a) && isOutside(b))
        ? []
        : (Object.keys(SERVICES) as Service[]).flatMap((service) =>
            ([4, 6] as const).map((family): Pair => {
              const question: Question = { from: a.id, to: b.id, service, family };
              return {
                ...question,
                ...reach(plan, question),
                ...endsOf(plan, a, b, service, family),
                ...probeOf(service),
              };
            }),
          ),
    ),
  );
}
