// What is the same for every site of a plan is made once: ten thousand of them ask for it. Pure: a plan does not change.
import type { Plan } from "../plan/types.ts";

/** `make`, remembered for each plan and key. */
export function perPlan<K, T>(make: (plan: Plan, key: K) => T): (plan: Plan, key: K) => T {
  const plans = new WeakMap<Plan, Map<K, T>>();
  return (plan, key) => {
    let known = plans.get(plan);
    if (!known) {
      known = new Map();
      plans.set(plan, known);
    }
    if (!known.has(key)) known.set(key, make(plan, key));
    return known.get(key)!;
  };
}
