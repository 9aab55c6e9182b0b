// Many jobs, one fsync: what arrives within a few milliseconds shares a transaction. A job's promise of durability is
// kept in `done`, which runs only after the commit. A group that fails for a reason of one of its jobs is tried again
// job by job, so that one bad item cannot hold up everybody; a group that fails for the disk's sake fails whole.

export interface Job {
  /** Inside the transaction. May throw. */
  run(): void;
  /** After the commit. */
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
  rolledBack(error: unknown): void;
  /** True when trying the jobs one by one is of no use. */
  isDiskFailure(error: unknown): boolean;
}

export interface GroupCommit {
  add(job: Job): void;
  /** Jobs that wait. */
  pending(): number;
  /** Runs what waits now, in as many groups as it takes. */
  flush(): void;
}

/** Jobs of one transaction: bounds how long a commit keeps the event loop. */
const MOST_JOBS = 500;

export function groupCommit(hooks: CommitHooks, delayMs: number): GroupCommit {
  let queue: Job[] = [];
  let waits = false;

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
    for (const job of jobs) job.done();
  };
  const attemptNext = (): void => {
    const group = queue.slice(0, MOST_JOBS);
    queue = queue.slice(MOST_JOBS);
    if (group.length > 0) attempt(group);
  };
  const turn = (): void => {
    waits = queue.length > MOST_JOBS;
    if (waits) setImmediate(turn);
    attemptNext();
  };

  return {
    add(job) {
      queue.push(job);
      if (!waits) setTimeout(turn, delayMs);
      waits = true;
    },
    pending: () => queue.length,
    flush() {
      while (queue.length > 0) attemptNext();
    },
  };
}
