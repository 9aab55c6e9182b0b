// What the stories share: who plays, what a case looks like over the API, and the record that is taken away at the end.
import assert from "node:assert/strict";
import type { CaseState, Casework, Incident, Intent, WorkEvent } from "../../../protocol/index.ts";
import { until } from "../../support/lab.ts";
import type { Person } from "../../support/people.ts";

/** The people of all stories. `it`: agency IT by its agency. */
export interface Cast {
  staff: Person;
  lead: Person;
  auditor: Person;
  it: Record<string, Person>;
}

export interface Case {
  incident: Incident;
  work: Casework;
  state: CaseState;
  events: WorkEvent[];
  intents: Intent[];
}

export const HOUR_MS = 3_600_000;
export const at = (id: string, verb = ""): string => `/api/incidents/${id}${verb && `/${verb}`}`;
export const work = (id: string, verb: string): string => at(id, `casework/${verb}`);

export const caseOf = async (who: Person, id: string): Promise<Case> =>
  (await who.look<{ result: Case }>(at(id, "case"))).result;

export const incidentOf = async (who: Person, id: string): Promise<Incident> =>
  (await who.look<{ incident: Incident }>(at(id))).incident;

/** Waits until this person's list of open incidents has one that fits. */
export async function appears(
  who: Person,
  what: string,
  withinMs: number,
  fits: (i: Incident) => boolean,
): Promise<Incident> {
  let found: Incident | undefined;
  await until(what, withinMs, async () => {
    const { items } = await who.look<{ items: Incident[] }>("/api/incidents?open=true&limit=200");
    found = items.find(fits);
    return found !== undefined;
  });
  return found!;
}

/** Does every task that the playbook left open; one is skipped, which needs a reason. */
export async function doTasks(who: Person, id: string): Promise<void> {
  const { state } = await caseOf(who, id);
  const [skipped, ...others] = state.tasks;
  assert.ok(skipped && others.length > 0, "a playbook of several tasks was taken up by itself");
  const skip = { task: skipped.id, state: "skipped" };
  assert.equal(await who.refused("POST", work(id, "task"), { ...skip, reason: " " }), "reason-required");
  await who.act("POST", work(id, "task"), { ...skip, reason: "nobody was there to ask" });
  // By REST: what the command line does was shown by the first.
  for (const task of others)
    assert.equal((await who.ask("POST", work(id, "task"), { task: task.id, state: "done", reason: "" })).status, 200);
  const { tasks } = (await caseOf(who, id)).work;
  assert.deepEqual([tasks.done, tasks.total], [state.tasks.length, state.tasks.length]);
}

/** The whole record in its three forms; agency IT gets none of them. `holds`: what each must say. */
export async function exported(cast: Cast, id: string, outsider: Person, holds: RegExp[]): Promise<void> {
  for (const format of ["json", "csv", "html"]) {
    const address = at(id, `timeline/${format}?language=en`);
    const { status, text } = await cast.auditor.ask("GET", address);
    assert.equal(status, 200, text.slice(0, 200));
    for (const words of holds) assert.match(text, words, `${format} of ${id}`);
    assert.equal((await outsider.ask("GET", address)).status, 403, "the whole record is the centre's");
  }
  const { timeline } = await cast.auditor.look<{ timeline: { at: string }[] }>(at(id, "timeline/json"));
  const times = timeline.map((row) => Date.parse(row.at));
  assert.ok(times.length > 8 && times.every((t, i) => i === 0 || t >= times[i - 1]!), "oldest first");
  assert.equal(await cast.auditor.refused("POST", work(id, "comment"), { text: "x" }), "permission-missing");
}
