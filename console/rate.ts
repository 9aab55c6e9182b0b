// A token bucket on monotonic time. Pure but for the time that is passed in.

export interface BucketRule {
  /** Tokens that a rested bucket holds. */
  burst: number;
  /** Tokens that return a second. */
  perSecond: number;
}

export interface Bucket {
  tokens: number;
  at: number;
}

/** A full bucket at `nowMs`. */
export const newBucket = (rule: BucketRule, nowMs: number): Bucket => ({ tokens: rule.burst, at: nowMs });

/** Takes one token if there is one; else gives the milliseconds until there is. */
export function take(bucket: Bucket, rule: BucketRule, nowMs: number): 0 | number {
  bucket.tokens = Math.min(rule.burst, bucket.tokens + ((nowMs - bucket.at) / 1000) * rule.perSecond);
  bucket.at = nowMs;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return Math.ceil(((1 - bucket.tokens) / rule.perSecond) * 1000);
}

/** Buckets by key, bounded: rested buckets are forgotten first, then the oldest. */
export function bucketTable(rule: BucketRule, maxKeys: number) {
  const table = new Map<string, Bucket>();
  return (key: string, nowMs: number): 0 | number => {
    const bucket = table.get(key) ?? newBucket(rule, nowMs);
    table.delete(key);
    table.set(key, bucket);
    if (table.size > maxKeys) table.delete(table.keys().next().value!);
    return take(bucket, rule, nowMs);
  };
}
