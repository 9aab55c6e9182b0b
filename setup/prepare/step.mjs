// What a step of the preparation is, and how one is taken: look, make, look again. A step that finds everything in place
// costs milliseconds; so the second start takes seconds.
import { SetupFailure } from "../failure.mjs";
import { stepLines, text } from "../say.mjs";

/** @typedef {import("../machine.mjs").Machine} Machine */
/** @typedef {(howFar: string) => void} Progress */
/**
 * @typedef {object} Step
 * @property {string} id names the step; its text is `step.<id>`
 * @property {(machine: Machine) => string | undefined} [skip] why it is not for this run; nothing means that it is
 * @property {(machine: Machine) => Promise<string[]>} lacking what is not there yet, in words; empty means done
 * @property {(machine: Machine, lacking: string[], progress: Progress) => Promise<void>} make makes what is lacking; throws a SetupFailure
 * @property {(machine: Machine) => Promise<string> | string} there what to say of it once it is in place
 */

/**
 * Takes the steps in their order. Throws the SetupFailure of the first that fails; what was made until then stays and
 * is found by the next run.
 * @param {Machine} machine @param {readonly Step[]} steps
 */
export async function take(machine, steps) {
  // What is made here is read by accounts of its own, whatever the shell of a hardened machine keeps from others.
  process.umask(0o022);
  for (const step of steps) {
    const say = stepLines(step.id);
    const why = step.skip?.(machine);
    if (why) {
      say.skipped(why);
      continue;
    }
    const lacking = await step.lacking(machine);
    if (lacking.length === 0) {
      say.there(await step.there(machine));
      continue;
    }
    say.begins(text("step.lacking", { what: listed(lacking) }));
    try {
      await step.make(machine, lacking, say.progress);
    } finally {
      say.wipe();
    }
    const still = await step.lacking(machine);
    if (still.length > 0)
      throw new SetupFailure("step-without-effect", { where: step.id, facts: { what: listed(still) } });
    say.done(await step.there(machine));
  }
}

/** @param {string[]} words */
const listed = (words) => (words.length > 8 ? `${words.slice(0, 4).join(", ")} … (${words.length})` : words.join(", "));
