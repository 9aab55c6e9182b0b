// A change of what stands already: made so that it can be taken back (confirm.ts), and over only when what worked before works
// again (settle.ts). What is made for the first time needs neither.
import { type Confirmed, confirmed, type Timing } from "./confirm.ts";
import { convergeHost } from "./host.ts";
import { convergeLink } from "./link.ts";
import type { HostInputs, LinkInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { appliedHost, appliedLink } from "./notes.ts";
import { REGISTRY } from "./registry.ts";
import { restoreConfirmed } from "./restore.ts";
import { routingStands, servicesBack, sessionsBack, sessionsOf } from "./settle.ts";

/** Brings a host up or up to date. Throws `cut-off`, `not-converged`, and what converging throws. */
export async function changeHost(lab: Lab, inputs: HostInputs, timing?: Timing): Promise<void> {
  const before = appliedHost(lab, inputs.host);
  // What agents are told to look for must stand first.
  if (before && before.files[REGISTRY] !== inputs.files[REGISTRY]) await routingStands(lab);
  const touched = before ? PARTS.filter((part) => differ(part(before), part(inputs))) : [];
  if (!before || touched.length === 0) return convergeHost(lab, inputs);
  const sessions = await sessionsOf(lab, inputs.host);
  const old: Confirmed = { kind: "Host", inputs: before };
  await confirmed(lab, inputs.host, old, () => convergeHost(lab, inputs), restoreConfirmed, timing);
  await sessionsBack(lab, inputs.host, sessions);
  if (touched.includes(servicePart)) await servicesBack(lab, inputs.host);
}

/** Brings a link up or up to date; both of its ends must stay in sight. Throws like `changeHost`. */
export async function changeLink(lab: Lab, link: LinkInputs, timing?: Timing): Promise<void> {
  const before = appliedLink(lab, link.link);
  if (!before || !differ(before, link)) return convergeLink(lab, link);
  const ends = [link.a.host, link.b.host] as const;
  const sessions = await Promise.all(ends.map((host) => sessionsOf(lab, host)));
  const old: Confirmed = { kind: "Link", inputs: before };
  const [a, b] = ends;
  const inner = () => confirmed(lab, b, old, () => convergeLink(lab, link), restoreConfirmed, timing);
  await confirmed(lab, a, old, inner, restoreConfirmed, timing);
  await Promise.all(ends.map((host, i) => sessionsBack(lab, host, sessions[i]!)));
}

/** What decides whether a host can be reached and what it routes. */
const networkPart = (h: HostInputs) => [h.loopback, h.sysctls, h.bridges, h.nftables, daemonsOf(h, ["network"])];
/** What a host serves to others. */
const servicePart = (h: HostInputs) => daemonsOf(h, ["service", "console"]);
const PARTS = [networkPart, servicePart];

/** Daemons of some roles with the files that they read. */
const daemonsOf = (h: HostInputs, roles: readonly string[]) =>
  Object.entries(h.daemons)
    .filter(([, daemon]) => roles.includes(daemon.role))
    .map(([name, daemon]) => [name, daemon, daemon.files.map((path) => h.files[path])]);

/** Compared as JSON with sorted keys: what the engine hands over has an order of its own. */
const differ = (a: unknown, b: unknown): boolean => sorted(a) !== sorted(b);
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    typeof v === "object" && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)))
      : v,
  );
