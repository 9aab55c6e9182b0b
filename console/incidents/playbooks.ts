// Playbooks: which one an incident gets, and the tasks that it brings. Pure.
import type { Task } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import { fits } from "./clocks.ts";
import type { Playbook } from "./schema.ts";

/** The playbooks that fit, those that name the nature first. */
export const fittingPlaybooks = (books: Playbook[], incident: Incident, nature: string): Playbook[] =>
  books
    .filter((b) => fits(b.when, incident, { nature }))
    .sort(
      (a, b) => Number(b.when.nature?.includes(nature) ?? false) - Number(a.when.nature?.includes(nature) ?? false),
    );

/** The tasks of one version of a playbook, due counted from the opening. */
export const tasksOf = (book: Playbook, openedAt: number): Task[] =>
  book.tasks.map((t) => ({
    id: `${book.id}/${t.id}`,
    from: `${book.id}@${book.version}`,
    phase: t.phase,
    text: t.text,
    ...(t.dueMinutes === undefined ? {} : { dueAt: openedAt + t.dueMinutes * 60_000 }),
    state: "open",
  }));
