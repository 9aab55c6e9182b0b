// written + lock → a number for everything, and the new lock. Pure: the day is passed in. The rules:
//   - what the lock knows keeps its number, whoever comes, goes or moves; a number in province.yaml must be that one;
//   - what is new takes the number that it states, else the lowest free one; nobody is given a number that another has or had
//     less than REST_DAYS ago, since caches, routes and people's notes outlive an agency;
//   - what is no longer written is retired, and if it comes back before its number has rested, it has the same again.
import type { Path } from "../province/locate.ts";
import { hubOf, type Intent, type Written } from "../province/schema.ts";
import { type Allocation, allocation } from "./allocate.ts";
import { blockOf, bounds, type Claim, claimsOf, withNumbers } from "./claims.ts";
import { type Allocated, type Lock, poolOf } from "./lock.ts";

export const REST_DAYS = 180;

/** `at` is a place in the province; a fault of the lock itself has the index of its entry, or nothing, instead. */
export interface Fault {
  code: "lock-disagrees" | "lock-invalid" | "number-taken" | "prefix-exhausted" | "prefix-changed";
  at?: Path;
  entry?: number;
  wrong: string;
  right: string;
}

export interface PoolUse {
  pool: string;
  used: number;
  resting: number;
  /** How many the prefixes hold. */
  most: number;
}

export interface Numbering {
  intent: Intent;
  lock: Lock;
  added: Allocated[];
  retired: Allocated[];
  /** Those whose rest is over: the new lock has forgotten them. */
  released: Allocated[];
  use: PoolUse[];
}

/** Gives every number, or every reason why it cannot. `today` is an ISO 8601 day. Linear in the agencies. */
export function numbered(written: Written, lock: Lock | undefined, today: string): Numbering | { faults: Fault[] } {
  const { ipv6, ipv4, publicIpv4 } = written.province;
  const prefixes = { ipv6, ipv4, publicIpv4 };
  const addresses = allocation(written.province);
  const before = lock?.allocations ?? [];
  const spoilt = lock ? lockFaults(lock, prefixes, addresses) : [];
  if (spoilt.length > 0) return { faults: spoilt };

  const claims = claimsOf(written);
  const wanted = new Set(claims.map((c) => c.id));
  const isOver = (a: Allocated) =>
    a.retired !== undefined && !wanted.has(a.id) && daysBetween(a.retired, today) >= REST_DAYS;
  const known = new Map(before.flatMap((a) => (isOver(a) ? [] : [[a.id, a] as const])));
  const pools = poolsOf(written, addresses, known, claims);
  const faults: Fault[] = [];
  const numbers = new Map<string, number>();
  // Known ones first, then those that state a number: a free choice must not take one of these.
  for (const claim of [...claims].sort((x, y) => rank(x, known) - rank(y, known))) {
    const had = known.get(claim.id);
    const given = had ? keep(claim, had) : pools.give(claim);
    if (typeof given === "number") numbers.set(claim.id, given);
    else faults.push(given);
  }
  if (faults.length === 0) faults.push(...hubFaults(written, numbers, addresses));
  if (faults.length > 0) return { faults };

  const added: Allocated[] = [];
  const held = claims.map(({ id }): Allocated => {
    const had = known.get(id);
    const number = numbers.get(id)!;
    if (had) return { id, number, block: had.block, since: had.since };
    const fresh = { id, number, block: blockOf(id, number, addresses, (i) => numbers.get(i))!, since: today };
    added.push(fresh);
    return fresh;
  });
  const gone = [...known.values()].filter((a) => !wanted.has(a.id));
  const resting = gone.map((a) => ({ ...a, retired: a.retired ?? today }));
  return {
    intent: withNumbers(written, (id) => numbers.get(id)!),
    lock: { version: 1, prefixes, allocations: [...held, ...resting] },
    added,
    retired: resting.filter((_, i) => gone[i]!.retired === undefined),
    released: before.filter(isOver),
    use: pools.use(held, resting),
  };
}

const rank = (c: Claim, known: ReadonlyMap<string, unknown>) => (known.has(c.id) ? 0 : c.number !== undefined ? 1 : 2);

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

function keep({ number, at }: Claim, had: Allocated): number | Fault {
  if (number === undefined || number === had.number) return had.number;
  const wrong = `province.lock gave ${had.id} the number ${had.number} on ${had.since}`;
  return { code: "lock-disagrees", at, wrong, right: `${had.number}, or no number at all` };
}

/** What may be given in each pool, and to whom what was given belongs. */
function poolsOf(p: Written, addresses: Allocation, known: ReadonlyMap<string, Allocated>, claims: readonly Claim[]) {
  const datacentres = new Set(p.datacentres.map((dc) => dc.id));
  const hubs = new Set(claims.flatMap((c) => (c.hub ? [c.id] : [])));
  const pools = new Map<string, { owners: Map<number, Allocated | Claim>; next: number; most: number }>();
  const slots = new Set<number>();
  const slotOf = (number: number) => number % addresses.most.hubs;
  const pool = (name: string) => {
    const found = pools.get(name);
    if (found) return found;
    const [next, most] = bounds(name, addresses, (place) => datacentres.has(place));
    const made = { owners: new Map(), next, most };
    pools.set(name, made);
    return made;
  };
  const take = (name: string, number: number, owner: Allocated | Claim) => {
    pool(name).owners.set(number, owner);
    if (hubs.has(owner.id)) slots.add(slotOf(number));
  };
  for (const a of known.values()) take(poolOf(a.id), a.number, a);

  /** The lowest free number; for a hub the lowest that an agency can tell from the other hubs, if there is one. */
  function lowest(name: string, hub: boolean): number | undefined {
    const { owners, most } = pool(name);
    while (owners.has(pool(name).next)) pool(name).next++;
    let first: number | undefined;
    for (let n = pool(name).next; n <= most; n++) {
      if (owners.has(n)) continue;
      first ??= n;
      if (!hub || !slots.has(slotOf(n))) return n;
    }
    return first;
  }

  return {
    give(claim: Claim): number | Fault {
      const { owners, most } = pool(claim.pool);
      const number = claim.number ?? lowest(claim.pool, claim.hub);
      const { at } = claim;
      if (number === undefined || number > most) {
        const wrong = `the prefixes hold ${most} of ${claim.pool}, and there is no number left for ${claim.id}`;
        return { code: "prefix-exhausted", at, wrong, right: "wider prefixes, or fewer of them" };
      }
      const owner = owners.get(number);
      if (owner) {
        const until = "retired" in owner && owner.retired ? `, and rests ${REST_DAYS} days from ${owner.retired}` : "";
        const wrong = `${number} is the number of ${owner.id}${until}`;
        return { code: "number-taken", at, wrong, right: "a number that nobody has or had lately, or none at all" };
      }
      take(claim.pool, number, claim);
      return number;
    },
    use(held: readonly Allocated[], resting: readonly Allocated[]): PoolUse[] {
      const count = (list: readonly Allocated[], name: string) => list.filter((a) => poolOf(a.id) === name).length;
      return [...pools].map(([name, { most }]) => {
        const least = bounds(name, addresses, (place) => datacentres.has(place))[0];
        return { pool: name, used: count(held, name), resting: count(resting, name), most: most - least + 1 };
      });
    },
  };
}

/** An agency's lines are told apart by their hubs' numbers modulo what the prefix has room for. */
function hubFaults(p: Written, numbers: ReadonlyMap<string, number>, { most }: Allocation): Fault[] {
  return p.agencies.flatMap((agency, i) => {
    const taken = new Map<number, string>();
    return agency.uplinks.flatMap((uplink, u): Fault[] => {
      const hub = hubOf(uplink);
      const slot = numbers.get(`router/${hub}`)! % most.hubs;
      const before = taken.get(slot);
      taken.set(slot, hub);
      if (before === undefined) return [];
      const wrong = `${hub} and ${before} have numbers that are equal modulo ${most.hubs}, so their lines would have one address`;
      return [
        {
          code: "number-taken",
          at: ["agencies", i, "uplinks", u],
          wrong,
          right: "another hub, or a wider ipv4 prefix",
        },
      ];
    });
  });
}

/** What makes a lock useless for this province: other prefixes, numbers given twice, blocks that are not what the numbers give. */
function lockFaults(lock: Lock, prefixes: Lock["prefixes"], addresses: Allocation): Fault[] {
  const changed = (["ipv6", "ipv4", "publicIpv4"] as const).filter((key) => lock.prefixes[key] !== prefixes[key]);
  if (changed.length > 0)
    return changed.map((key) => ({
      code: "prefix-changed",
      at: ["province", key],
      wrong: `province.lock was made for ${lock.prefixes[key]}: another prefix renumbers everything`,
      right: `${lock.prefixes[key]}; or, to renumber on purpose, take the network down and remove province.lock`,
    }));
  const numbers = new Map(lock.allocations.map((a) => [a.id, a.number]));
  const owners = new Map<string, string>();
  const ids = new Set<string>();
  return lock.allocations.flatMap((a, entry): Fault[] => {
    const key = `${poolOf(a.id)} ${a.number}`;
    const owner = owners.get(key);
    owners.set(key, a.id);
    const twice = ids.has(a.id);
    ids.add(a.id);
    const fault = (wrong: string, right: string): Fault[] => [{ code: "lock-invalid", entry, wrong, right }];
    if (twice) return fault(`${a.id} stands here twice`, "the older line alone");
    if (owner !== undefined)
      return fault(
        `${a.id} overlaps ${owner}: both have ${a.number}`,
        "the line of the one that was there first; the other is given a new number",
      );
    const block = blockOf(a.id, a.number, addresses, (id) => numbers.get(id));
    if (block && (block[0] !== a.block[0] || block[1] !== a.block[1]))
      return fault(
        `${a.id} has ${a.block.join(" and ")}, but ${a.number} gives ${block.join(" and ")}`,
        "the line as vonggac wrote it",
      );
    return [];
  });
}
