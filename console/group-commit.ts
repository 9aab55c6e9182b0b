// Many jobs, one wait for the disk: what arrives within a few milliseconds shares a transaction, and transactions that end while the
// disk is busy share its next sync; meanwhile the next group is worked on. A job's promise of durability is kept in `done`, which
// runs only after commit and sync. A group that fails for a reason of one of its jobs is tried again
// job by job, so that one bad item cannot hold up everybody; a group that fails for the disk's sake fails whole. Which jobs share
// the next transaction, when there are more than it takes, is the fair queue's to say.

import { fairQueue, type Queued } from "./fair-queue.ts";

export interface Job extends Queued {
  /** Inside the transaction. May throw. */
  run(): void;
  /** After the commit, and after the sync that follows it. */
  done(): void;
  /** The transaction was rolled back. */
  failed(): void;
}

export interface CommitHooks {
  transaction(work: () => void): void;
  /** First and last thing inside each transaction. May throw. */
  begin(): void;
  end(): void;
  committed(tookMs: number): void;
  /** Resolves when everything committed so far is on the disk. A rejection is the end: what the disk has is not known. */
  sync(): Promise<void>;
  syncFailed(error: unknown): void;
  /** Now all that was committed before is on the disk. */
  synced(): void;
  rolledBack(error: unknown): void;
  /** True when trying the jobs one by one is of no use. */
  isDiskFailure(error: unknown): boolean;
}

export interface GroupCommit {
  add(job: Job): void;
  /** Items that wait. */
  pending(): number;
  /** Runs what waits now, in as many groups as it takes. Resolves when it is on the disk. */
  flush(): Promise<void>;
}

/** Items of one transaction: bounds how long a commit keeps the event loop, and so how late whoever is next is. */
const MOST_ITEMS = 8_000;

export function groupCommit(hooks: CommitHooks, delayMs: number): GroupCommit {
  const queue = fairQueue<Job>();
  let waits = false;
  let committed: Job[] = [];
  let syncing: Promise<void> | undefined;

  const sync = (): Promise<void> => {
    syncing ??= (async () => {
      while (committed.length > 0) {
        const jobs = committed;
        committed = [];
        try {
          await hooks.sync();
        } catch (error) {
          hooks.syncFailed(error);
          for (const job of jobs) job.failed();
          continue;
        }
        for (const job of jobs) job.done();
        hooks.synced();
      }
      syncing = undefined;
    })();
    return syncing;
  };
  const attempt = (jobs: Job[]): void => {
    const began = performance.now();
    try {
      hooks.transaction(() => {
        hooks.begin();
        for (const job of jobs) job.run();
        hooks.end();
      });
    } catch (error) {
      hooks.rolledBack(error);
      if (jobs.length > 1 && !hooks.isDiskFailure(error)) for (const job of jobs) attempt([job]);
      else for (const job of jobs) job.failed();
      return;
    }
    hooks.committed(performance.now() - began);
    committed.push(...jobs);
    void sync();
  };
  const attemptNext = (): void => {
    const group = queue.take(MOST_ITEMS);
    if (group.length > 0) attempt(group);
  };
  const turn = (): void => {
    attemptNext();
    waits = queue.size() > 0;
    if (waits) setImmediate(turn);
  };

  return {
    add(job) {
      queue.add(job);
      if (!waits) setTimeout(turn, delayMs);
      waits = true;
    },
    pending: queue.cost,
    async flush() {
      while (queue.size() > 0) attemptNext();
      await sync();
    },
  };
}
