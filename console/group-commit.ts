// Many jobs, one fsync: what arrives within a few milliseconds shares a transaction. A job's promise of durability is
// kept in `done`, which runs only after the commit. A group that fails for a reason of one of its jobs is tried again
// job by job, so that one bad item cannot hold up everybody; a group that fails for the disk's sake fails whole.

export interface Job {
  /** Inside the transaction. May throw. */
  run(): void;
  /** After the commit. */
  done(): void;
  /** The transaction was rolled back. */
  failed(error: unknown): void;
}

export interface CommitHooks {
  transaction(work: () => void): void;
  /** Before each transaction, outside of it. May throw: then the group fails. */
  before(): void;
  /** Last thing inside the transaction. */
  inside(): void;
  committed(jobs: number): void;
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
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  const attempt = (jobs: Job[]): void => {
    try {
      hooks.before();
      hooks.transaction(() => {
        for (const job of jobs) job.run();
        hooks.inside();
      });
    } catch (error) {
      hooks.rolledBack(error);
      if (jobs.length > 1 && !hooks.isDiskFailure(error)) for (const job of jobs) attempt([job]);
      else for (const job of jobs) job.failed(error);
      return;
    }
    hooks.committed(jobs.length);
    for (const job of jobs) job.done();
  };

  const next = (): void => {
    timer = undefined;
    const group = queue.slice(0, MOST_JOBS);
    queue = queue.slice(MOST_JOBS);
    if (queue.length > 0) timer = setImmediate(next);
    if (group.length > 0) attempt(group);
  };

  return {
    add(job) {
      queue.push(job);
      if (timer === undefined) timer = setTimeout(next, delayMs);
    },
    pending: () => queue.length,
    flush() {
      while (queue.length > 0) {
        const group = queue.slice(0, MOST_JOBS);
        queue = queue.slice(MOST_JOBS);
        attempt(group);
      }
    },
  };
}
