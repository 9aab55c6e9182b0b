// Who is served next when more waits than one transaction takes: deficit round robin over owners (Shreedhar and Varghese, SIGCOMM
// 1995), so that what one agent sends delays another's by a round and no more. The rules:
// - Jobs of one owner keep their order. An owner of whom something urgent waits is served up to it, ahead of those without.
// - Urgent owners take turns among themselves likewise, and leave a quarter of each portion to the others.

export interface Queued {
  /** An agent's id; the console's own work has one owner of its own. */
  owner: string;
  /** Items. */
  cost: number;
  urgent: boolean;
}

export interface FairQueue<J extends Queued> {
  add(job: J): void;
  /** Jobs worth about `budget`, in the order in which they are to run; at least one when any waits. */
  take(budget: number): J[];
  size(): number;
  /** Items that wait. */
  cost(): number;
}

interface Owner<J> {
  jobs: J[];
  deficit: number;
  urgent: number;
}

/** What an owner may take a round: a full frame. */
const QUANTUM = 50;
const URGENT_SHARE = 0.75;

export function fairQueue<J extends Queued>(): FairQueue<J> {
  const all = new Map<string, Owner<J>>();
  const urgent = new Map<string, Owner<J>>();
  let [size, cost] = [0, 0];

  /** One owner's turn. Gives what it took. */
  const turn = (name: string, owner: Owner<J>, onlyUrgent: boolean, into: J[]): number => {
    let spent = 0;
    owner.deficit += QUANTUM;
    while (owner.jobs.length > 0 && (!onlyUrgent || owner.urgent > 0)) {
      const job = owner.jobs[0]!;
      if (job.cost > owner.deficit) break;
      owner.jobs.shift();
      owner.deficit -= job.cost;
      spent += job.cost;
      size -= 1;
      if (job.urgent) owner.urgent -= 1;
      into.push(job);
    }
    if (owner.urgent === 0) urgent.delete(name);
    if (owner.jobs.length === 0) all.delete(name);
    cost -= spent;
    return spent;
  };
  const serve = (ring: Map<string, Owner<J>>, budget: number, into: J[]): number => {
    let spent = 0;
    while (ring.size > 0 && spent < budget) {
      const [name, owner] = ring.entries().next().value!;
      // Whoever has its turn goes behind the others, unless nothing is left of it.
      ring.delete(name);
      ring.set(name, owner);
      spent += turn(name, owner, ring === urgent, into);
    }
    return spent;
  };
  return {
    add(job) {
      const owner = all.get(job.owner) ?? { jobs: [], deficit: 0, urgent: 0 };
      all.set(job.owner, owner);
      owner.jobs.push(job);
      size += 1;
      cost += job.cost;
      if (!job.urgent) return;
      owner.urgent += 1;
      urgent.set(job.owner, owner);
    },
    take(budget) {
      const taken: J[] = [];
      const others = all.size > urgent.size;
      const spent = serve(urgent, others ? budget * URGENT_SHARE : budget, taken);
      serve(all, budget - spent, taken);
      return taken;
    },
    size: () => size,
    cost: () => cost,
  };
}
