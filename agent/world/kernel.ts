// Facts of this machine's kernel, read from /proc, /sys and getifaddrs. One reading serves everybody who asks within a tick.
//
// What a listing of TCP sessions costs grows with the kernel's hash table, not with the sessions: 5 ms for the two files on
// a machine of 24 GiB, which twice a second would be a whole per cent of a core. So the listing is read again only when the
// kernel's own counters say that it may differ:
//   - fewer sessions stand than have of late: one was lost: read at once, as long as that does not become a habit. Of late, and not
//     at the last reading: at a core others' probes come and go all the time, and the end of one is no loss;
//   - the counters moved otherwise: one may have been lost and replaced: read, but keep within a share of a core. What the
//     checks' own probes moved is taken off first;
//   - nothing moved: the set is the same, for a session enters only by being opened (ActiveOpens, PassiveOpens) and leaves only
//     by lowering CurrEstab; but for ESTABLISHED to CLOSE-WAIT, for which it is read every few seconds all the same.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { endianness, networkInterfaces } from "node:os";
import type { DeviceState, Kernel } from "../check.ts";
import { parseAddresses6 } from "../wire/proc-addresses.ts";
import { parseRoutes4, parseRoutes6, type Route } from "../wire/proc-routes.ts";
import { establishedSessions, type TcpCounters, tcpCounters } from "../wire/proc-tcp.ts";
import { ownSessions } from "./connect.ts";

const BGP = 179;
/** Readings this close together are one tick's. */
const TICK_MS = 40;
const SURE_AFTER_MS = 5_000;
/** Part of a core that listings may take, and what they may take at once after a calm, milliseconds. */
const SHARE = 0.002;
const BURST_MS = 60;
/** However dear listings are, after so long one is made when a session was lost, and when the counters moved otherwise. */
const LOST_AFTER_MS = 1_000;
const MOVED_AFTER_MS = 2_000;
/** So long the fewest sessions that stood while none was lost are what is compared with. */
const OF_LATE_MS = 10_000;

/** `monotonic`: milliseconds of a clock that never jumps. */
export function makeKernel(monotonic: () => number): Kernel {
  const littleEndian = endianness() === "LE";
  const interfaces = perTick(monotonic, () => networkInterfaces());
  const present = perTick(monotonic, () => read("/proc/net/dev"));
  const addresses6 = perTick(monotonic, () => parseAddresses6(read("/proc/net/if_inet6")));
  const routes4 = perTick(monotonic, () => parseRoutes4(read("/proc/net/route"), littleEndian));
  const routes6 = perTick(monotonic, () => parseRoutes6(read("/proc/net/ipv6_route")));
  const list = () =>
    new Set(
      ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => establishedSessions(readListing(file), BGP, littleEndian)),
    );
  return {
    device: (name) => deviceState(name, interfaces, present),
    addresses6,
    routes: (family): Route[] => (family === 4 ? routes4() : routes6()),
    routerAdvertisements: (name) => advertisementsIn(read(`/proc/net/dev_snmp6/${name}`)),
    bgpSessions: sessionsByNeed(monotonic, othersCounters, list),
  };
}

/** From /proc/net/dev_snmp6/<device> (Documentation/networking/snmp_counter.rst); the name is the plan's, never a path. */
function advertisementsIn(text: string): number | undefined {
  const [, count] = /^Icmp6InRouterAdvertisements\s+(\d+)$/m.exec(text) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** The kernel's counters without the checks' own sessions: a hint, which may be off while one of them opens or closes. */
function othersCounters(): TcpCounters | undefined {
  const all = tcpCounters(read("/proc/net/snmp"));
  return all && { opened: all.opened - ownSessions.opened, current: all.current - ownSessions.current };
}

/** Processor time of this thread, milliseconds: by the wall, a listing on a busy machine would look dear for having waited. */
const processorMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/**
 * A listing that is read again by the rules at the head of this file.
 * @param spent processor time used so far, milliseconds
 * @returns a function whose answers are at most one tick old when a session was lost after a calm
 */
export function sessionsByNeed(
  monotonic: () => number,
  counters: () => TcpCounters | undefined,
  list: () => ReadonlySet<string>,
  spent: () => number = processorMs,
): () => ReadonlySet<string> {
  let last: Listing | undefined;
  let credit = BURST_MS;
  let creditAt = monotonic();
  return perTick(monotonic, () => {
    const seen = counters();
    const now = monotonic();
    credit = Math.min(BURST_MS, credit + (now - creditAt) * SHARE);
    creditAt = now;
    if (last && !isDue(last, seen, now - last.at, credit)) return last.set;
    // The counters were read before the listing: what changes in between shows as a difference at the next tick.
    const before = spent();
    const set = list();
    const cost = spent() - before;
    credit -= cost;
    last = { set, at: now, cost, seen, fewest: fewestOfLate(last, set, seen, now) };
    return set;
  });
}

interface Listing {
  set: ReadonlySet<string>;
  at: number;
  /** Milliseconds of processor time. */
  cost: number;
  seen: TcpCounters | undefined;
  fewest: { current: number; at: number };
}

/** After a loss what is left is the measure; else the fewest that were seen, which were enough for every session to stand. */
function fewestOfLate(
  last: Listing | undefined,
  set: ReadonlySet<string>,
  seen: TcpCounters | undefined,
  now: number,
): Listing["fewest"] {
  const current = seen?.current ?? 0;
  const kept = last && now - last.fewest.at < OF_LATE_MS && current > last.fewest.current;
  return kept && last.set.isSubsetOf(set) ? last.fewest : { current, at: now };
}

/** A loss may use up what was saved; whatever else is read leaves room for one. */
function isDue(last: Listing, seen: TcpCounters | undefined, age: number, credit: number): boolean {
  if (!seen || !last.seen || seen.current < last.fewest.current) return credit >= last.cost || age >= LOST_AFTER_MS;
  const moved = seen.opened !== last.seen.opened || seen.current !== last.seen.current;
  return moved ? credit >= Math.max(last.cost, BURST_MS / 2) || age >= MOVED_AFTER_MS : age >= SURE_AFTER_MS;
}

/** The carrier says most by one small file; getifaddrs is asked only where /sys does not show the device. */
function deviceState(name: string, running: () => NodeJS.Dict<unknown>, present: () => string): DeviceState {
  try {
    // Of a device with a carrier, "running" follows by up to a second (the kernel's linkwatch collects events): this is first to know.
    return read(`/sys/class/net/${name}/carrier`).trim() === "1" ? "running" : "no-carrier";
  } catch (error) {
    // A device that is not up has no carrier to be asked for.
    if ((error as NodeJS.ErrnoException).code === "EINVAL") return "down";
  }
  const there = present()
    .split("\n")
    .some((line) => line.trim().startsWith(`${name}:`));
  // /sys may show another namespace's devices, or be hidden: present and not running is what remains certain.
  return !there ? "missing" : running()[name] === undefined ? "no-carrier" : "running";
}

/**
 * A seq_file gives at most a page a read and ends with an empty one, which walks the whole table again to find nothing. A read
 * that leaves room for another line was the last.
 */
function readListing(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const page = Buffer.alloc(4_096);
    let text = "";
    for (;;) {
      const size = readSync(fd, page);
      text += page.toString("latin1", 0, size);
      if (size < 3_500) return text;
    }
  } finally {
    closeSync(fd);
  }
}

const read = (file: string) => {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    // A kernel without IPv6 has no tcp6 and no ipv6_route: nothing stands there.
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && file.startsWith("/proc/net/")) return "";
    throw error;
  }
};

function perTick<T>(monotonic: () => number, make: () => T): () => T {
  let kept: { value: T; at: number } | undefined;
  return () => {
    const now = monotonic();
    if (!kept || now - kept.at > TICK_MS) kept = { value: make(), at: now };
    return kept.value;
  };
}
