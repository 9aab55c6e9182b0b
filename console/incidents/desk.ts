// People's work on incidents as a service: what the API's routes, the CLI and the pipeline call. The rules:
// - Every method runs inside a transaction of the pipeline, but for `keep`, which comes before one.
// - Whatever is done leaves a line in the work's history and in the audit, with who, when and why.
// - The machine proposes (classification, playbook, whom to tell); a person confirms, and then it proposes no more.
import type {
  CaseRefusal,
  CaseResult,
  CaseState,
  Casework,
  EvidenceItem,
  Intent,
  Task,
  WorkEvent,
  WorkEventKind,
} from "../../protocol/casework.ts";
import {
  type Bilingual,
  endOfSilence,
  type Incident,
  isWorking,
  type Registry,
  type Silence,
} from "../../protocol/index.ts";
import { concerns, tasksFor } from "../people/redact.ts";
import { caseworkOf, clockIntents, clocksOf, propose } from "./clocks.ts";
import type { Safe } from "./evidence.ts";
import { changeIntents } from "./intents.ts";
import { fittingPlaybooks, tasksOf } from "./playbooks.ts";
import type { Policies } from "./policies.ts";
import type { PolicyDocument, Tables } from "./ports.ts";
import { escalationIntents, onDuty, responsible } from "./roster.ts";
import type { Lifecycle as LifecycleRules } from "./schema.ts";
import { type AskedSilence, type Preview, previewOf, refusalOfSilence, silenceFor } from "./silences.ts";

/** Closed incidents whose legal clocks are still looked after. */
const CLOSED_LOOKED_AFTER = 200;
/** As the correlator takes it, in ms. */
interface Lifecycle {
  reopenMs: number;
  closes: LifecycleRules["closes"];
  closeAfterMs: number;
  storm: { at: number; windowMs: number };
}
const lifecycleOf = (rules: LifecycleRules): Lifecycle => ({
  reopenMs: rules.reopenMinutes * 60_000,
  closes: rules.closes,
  closeAfterMs: rules.closeAfterHours * 3_600_000,
  storm: { at: rules.storm.openings, windowMs: rules.storm.withinMinutes * 60_000 },
});
/** A line of the work that belongs to no incident. */
const NO_INCIDENT = "-";

export interface Who {
  account: string;
  now: number;
  /** Absent: the whole province. */
  agencies?: readonly string[];
}

export interface CaseView {
  incident: Incident;
  work: Casework;
  state: CaseState;
  events: WorkEvent[];
  intents: Intent[];
  playbooks: { id: string; version: number; title: { vi: string; en: string } }[];
  natures: Record<string, { vi: string; en: string }>;
  grades: Record<string, { vi: string; en: string }>;
}

export interface Desk {
  /** Looks at an incident that changed: classification, playbook, whom to tell. */
  attend(before: Incident | undefined, after: Incident, now: number): void;
  /** Tells what is due: escalation, clocks. */
  tick(now: number): void;
  /** When tick() has something to do. */
  dueAt(): number;
  /** After a rollback: nothing in memory is to be trusted. */
  reload(): void;
  summary(incident: Incident, now: number): Casework | undefined;
  view(id: string, now: number): CaseResult<CaseView>;

  /** `agencies`: whose own people are to read it too. */
  comment(who: Who, id: string, text: string, agencies?: readonly string[]): CaseResult<CaseState>;
  /** By an agency's own people, for themselves and the centre. */
  answer(who: Who, id: string, text: string): CaseResult<Record<never, never>>;
  /** By an agency's own people: a task that is meant for them, by its place among those. */
  answerTask(who: Who, id: string, task: string, state: "open" | "done"): CaseResult<Record<never, never>>;
  /** Confirms what was proposed, or corrects it; a correction needs a reason. */
  classify(who: Who, id: string, to: { nature: string; grades: string[]; reason: string }): CaseResult<CaseState>;
  /** A legal notice was sent. `sentAt` may lie in the past. */
  notice(
    who: Who,
    id: string,
    sent: { clock: string; sentAt: number; to: string; reference: string },
  ): CaseResult<CaseState>;
  startPlaybook(who: Who, id: string, playbook: string): CaseResult<CaseState>;
  addTask(
    who: Who,
    id: string,
    task: Pick<Task, "phase" | "dueAt" | "agencies"> & { text: string },
  ): CaseResult<CaseState>;
  setTask(who: Who, id: string, task: string, state: Task["state"], reason: string): CaseResult<CaseState>;
  /** Puts bytes into the safe, before the transaction that records them. */
  keep(bytes: Uint8Array, type: string): CaseResult<{ sha256: string; bytes: number; type: string }>;
  addEvidence(
    who: Who,
    id: string,
    kept: { sha256: string; bytes: number; type: string },
    told: { name: string; note: string },
  ): CaseResult<CaseState>;
  /** Gives a piece of evidence out, and notes that it did; one that is damaged is noted and not given. */
  readEvidence(who: Who, id: string, sha256: string): CaseResult<{ item: EvidenceItem; bytes: Uint8Array }>;
  /** Holds every piece against its hash. */
  verifyEvidence(who: Who, id: string): CaseResult<{ good: number; damaged: string[] }>;

  previewSilence(asked: AskedSilence, now: number): Preview;
  createSilence(who: Who, asked: AskedSilence): CaseResult<Silence>;
  endSilence(who: Who, id: string, reason: string): CaseResult<Silence>;
  silences(limit: number): Silence[];
  /** Those that the correlator and the alerting have to know of. */
  unendedSilences(now: number): Silence[];

  duty(now: number): { schedule: string; name: Bilingual; account: string; until: number }[];
  /** The watch changes hands, with a note and what stands open. */
  handOver(who: Who, to: string, note: string): CaseResult<{ open: string[] }>;
  /** The newest hand-overs first. */
  handOvers(limit: number): { at: number; by: string; to: string; note: string; open: string[] }[];

  policies: Pick<Policies, "list" | "get" | "history" | "other">;
  /** What the correlator goes by, as the province has decided. */
  lifecycle(): Lifecycle;
  putPolicy(who: Who, name: string, text: string, reason: string, basedOn: number): CaseResult<PolicyDocument>;
}

export interface DeskParts {
  tables: Tables;
  policies: Policies;
  safe: Safe;
  registry(): Registry;
  audit(at: number, account: string, kind: WorkEventKind, subject: string, detail: Record<string, string>): void;
  /** Newest incidents, closed ones too. */
  newest(limit: number): Incident[];
}

export function createDesk(parts: DeskParts): Desk {
  const { tables, policies, safe } = parts;
  let nextAt = 0;

  const write = (who: Who, incident: string, kind: WorkEventKind, detail: WorkEvent["detail"]): void => {
    tables.cases.addEvent({ incident, at: who.now, by: who.account, kind, detail });
    if (who.account !== "machine")
      parts.audit(
        who.now,
        who.account,
        kind,
        incident,
        Object.fromEntries(Object.entries(detail).map(([k, v]) => [k, Array.isArray(v) ? v.join(", ") : String(v)])),
      );
  };
  const refuse = (code: CaseRefusal, detail?: string) =>
    ({ ok: false, code, ...(detail === undefined ? {} : { detail }) }) as const;
  const stateOf = (incident: Incident): CaseState =>
    tables.cases.get(incident.id) ?? {
      classification: propose(policies.clocks(), incident, incident.openedAt),
      tasks: [],
      notices: {},
      comments: 0,
      evidence: [],
    };
  /** Runs a change of one incident's work; what it gives is kept. */
  const change = (
    id: string,
    run: (incident: Incident, state: CaseState) => CaseRefusal | { code: CaseRefusal; detail: string } | undefined,
  ): CaseResult<CaseState> => {
    const incident = tables.incidents.get(id);
    if (!incident) return refuse("incident-unknown");
    const state = stateOf(incident);
    const code = run(incident, state);
    if (code !== undefined) return typeof code === "string" ? refuse(code) : refuse(code.code, code.detail);
    tables.cases.save(id, state);
    // Clocks and duties may have changed.
    nextAt = 0;
    return { ok: true, value: state };
  };
  const tell = (incident: Incident, intents: Intent[], now: number): void => {
    if (intents.length === 0) return;
    const silence = silenceFor(tables.silences.unended(now), parts.registry(), incident, now);
    for (const i of intents) {
      // A legal clock does not stop for a silence.
      const muted = silence && i.kind !== "clock-warning" && i.kind !== "clock-overdue";
      tables.outbox.add(muted ? { ...i, suppressedBy: silence.id } : i);
    }
  };
  const timed = (incident: Incident, now: number): Intent[] => {
    const rules = policies.clocks();
    const to = [...responsible(policies.roster(), incident, now), "role:security-lead"];
    const clocks = clockIntents(rules, incident, clocksOf(rules, incident, stateOf(incident)), to);
    return [...escalationIntents(policies.roster(), incident), ...clocks];
  };

  return {
    attend(before, after, now) {
      const machine = { account: "machine", now };
      const known = tables.cases.get(after.id);
      const state = known ?? stateOf(after);
      let changed = known === undefined;
      if (!state.classification.confirmed) {
        const next = propose(policies.clocks(), after, now);
        // A grade that was proposed once stays until a person says otherwise: an incident that shrinks was as serious as it was.
        next.grades = [...new Set([...state.classification.grades, ...next.grades])];
        const { nature, grades } = state.classification;
        const differs = nature !== next.nature || grades.length !== next.grades.length;
        if (differs) state.classification = next;
        if (differs || !known) {
          const { nature, grades, reason } = state.classification;
          write(machine, after.id, "classification-proposed", {
            nature,
            grades,
            reason: reason.vi,
            reasonEn: reason.en,
          });
          changed = true;
        }
      }
      if (!known) {
        const [book] = fittingPlaybooks(policies.playbooks(), after, state.classification.nature);
        if (book) {
          state.tasks = tasksOf(book, after.openedAt);
          write(machine, after.id, "playbook-started", { playbook: book.id, version: book.version });
        }
      }
      if (changed) tables.cases.save(after.id, state);
      tell(after, changeIntents(before, after, responsible(policies.roster(), after, now), now), now);
      for (const i of timed(after, now)) nextAt = Math.min(nextAt, i.at);
    },
    tick(now) {
      nextAt = Number.POSITIVE_INFINITY;
      const closed = parts
        .newest(CLOSED_LOOKED_AFTER)
        .filter((i) => i.state === "closed" && i.mergedInto === undefined);
      for (const incident of [...tables.incidents.unclosed(), ...closed]) {
        const intents = timed(incident, now);
        tell(
          incident,
          intents.filter((i) => i.at <= now),
          now,
        );
        for (const i of intents) if (i.at > now) nextAt = Math.min(nextAt, i.at);
      }
    },
    dueAt: () => nextAt,
    reload() {
      policies.reload();
      nextAt = 0;
    },
    summary(incident, now) {
      const state = tables.cases.get(incident.id);
      if (!state) return undefined;
      const silence = isWorking(incident)
        ? silenceFor(tables.silences.unended(now), parts.registry(), incident, now)
        : undefined;
      return caseworkOf(policies.clocks(), incident, state, silence?.id);
    },
    view(id, now) {
      const incident = tables.incidents.get(id);
      if (!incident) return refuse("incident-unknown");
      const state = stateOf(incident);
      const { natures, grades } = policies.clocks();
      return {
        ok: true,
        value: {
          incident,
          work: this.summary(incident, now) ?? caseworkOf(policies.clocks(), incident, state),
          state,
          events: tables.cases.events(id),
          intents: tables.outbox.of(id),
          playbooks: policies.playbooks().map(({ id, version, title }) => ({ id, version, title })),
          natures,
          grades,
        },
      };
    },

    comment: (who, id, text, agencies = []) =>
      change(id, (incident, state) => {
        if (text.trim() === "") return "text-required";
        const stranger = strangerTo(incident, agencies);
        if (stranger !== undefined) return { code: "agency-not-concerned", detail: stranger };
        state.comments += 1;
        write(who, id, "comment", { text: text.trim(), ...(agencies.length > 0 && { agencies: [...agencies] }) });
        return undefined;
      }),
    answer(who, id, text) {
      const done = change(id, (incident, state) => {
        if (text.trim() === "") return "text-required";
        const own = (who.agencies ?? []).filter((a) => strangerTo(incident, [a]) === undefined);
        if (own.length === 0) return "incident-unknown";
        state.comments += 1;
        write(who, id, "comment", { text: text.trim(), agencies: own, from: own[0]! });
        return undefined;
      });
      // What the state says of others is not theirs to know.
      return done.ok ? { ok: true, value: {} } : done;
    },
    answerTask(who, id, place, to) {
      const scope = new Set(who.agencies ?? []);
      const state = tables.cases.get(id);
      const task = state && tasksFor(state, scope)[Number(/^part\/(\d{1,4})$/.exec(place)?.[1] ?? 0) - 1];
      if (!task) return refuse("task-unknown");
      const done = this.setTask(who, id, task.id, to, "");
      return done.ok ? { ok: true, value: {} } : done;
    },
    classify: (who, id, to) =>
      change(id, (_, state) => {
        const { natures, grades } = policies.clocks();
        if (!Object.hasOwn(natures, to.nature)) return "nature-unknown";
        if (to.grades.some((g) => !Object.hasOwn(grades, g))) return "grade-unknown";
        const was = state.classification;
        const chosen = [...new Set(to.grades)].sort();
        const same = was.nature === to.nature && chosen.join() === [...was.grades].sort().join();
        const reason = to.reason.trim();
        if (!same && reason === "") return "reason-required";
        const words = same ? was.reason : { vi: reason, en: reason };
        state.classification = {
          nature: to.nature,
          grades: chosen,
          by: who.account,
          confirmed: true,
          reason: words,
          at: who.now,
        };
        write(who, id, same ? "classification-confirmed" : "classification-corrected", {
          nature: to.nature,
          grades: chosen,
          ...(same ? {} : { wasNature: was.nature, wasGrades: was.grades, reason }),
        });
        return undefined;
      }),
    notice: (who, id, sent) =>
      change(id, (incident, state) => {
        const clock = clocksOf(policies.clocks(), incident, state).find((c) => c.id === sent.clock);
        if (!clock) return "clock-unknown";
        if (clock.metAt !== undefined) return "clock-met";
        if (sent.to.trim() === "") return "text-required";
        if (sent.sentAt > who.now || sent.sentAt < clock.startAt) return "time-impossible";
        state.notices[clock.id] = { at: sent.sentAt, by: who.account };
        const late = clock.dueAt !== undefined && sent.sentAt > clock.dueAt;
        write(who, id, "notice-sent", { ...sent, late: late ? "yes" : "no" });
        return undefined;
      }),
    startPlaybook: (who, id, playbook) =>
      change(id, (incident, state) => {
        const book = policies.playbooks().find((b) => b.id === playbook);
        if (!book) return "playbook-unknown";
        const known = new Set(state.tasks.map((t) => t.id));
        state.tasks.push(...tasksOf(book, incident.openedAt).filter((t) => !known.has(t.id)));
        write(who, id, "playbook-started", { playbook: book.id, version: book.version });
        return undefined;
      }),
    addTask: (who, id, task) =>
      change(id, (incident, state) => {
        const text = task.text.trim();
        if (text === "") return "text-required";
        const agencies = task.agencies ?? [];
        const stranger = strangerTo(incident, agencies);
        if (stranger !== undefined) return { code: "agency-not-concerned", detail: stranger };
        const own = state.tasks.filter((t) => t.from === "own").length + 1;
        const { phase, dueAt } = task;
        const due = dueAt === undefined ? {} : { dueAt };
        const meant: { agencies?: string[] } = agencies.length > 0 ? { agencies: [...agencies] } : {};
        const words = { vi: text, en: text };
        state.tasks.push({ id: `own/${own}`, from: "own", phase, text: words, ...due, ...meant, state: "open" });
        write(who, id, "task-added", { task: `own/${own}`, text, ...(meant.agencies && { agencies: meant.agencies }) });
        return undefined;
      }),
    setTask: (who, id, taskId, to, reason) =>
      change(id, (_, state) => {
        const task = state.tasks.find((t) => t.id === taskId);
        if (!task) return "task-unknown";
        const why = reason.trim();
        if (to === "skipped" && why === "") return "reason-required";
        if (task.state === to) return undefined;
        const kept = { ...task, state: to, by: who.account, at: who.now };
        delete kept.reason;
        state.tasks[state.tasks.indexOf(task)] = why === "" ? kept : { ...kept, reason: why };
        const kind = to === "done" ? "task-done" : to === "skipped" ? "task-skipped" : "task-reopened";
        write(who, id, kind, {
          task: taskId,
          text: task.text.vi,
          textEn: task.text.en,
          ...(why ? { reason: why } : {}),
        });
        return undefined;
      }),

    keep(bytes, type) {
      const kept = safe.put(bytes, type);
      return kept.ok ? { ok: true, value: { sha256: kept.sha256, bytes: bytes.length, type } } : refuse(kept.code);
    },
    addEvidence: (who, id, kept, told) =>
      change(id, (_, state) => {
        const name = cleanName(told.name);
        if (name === "") return "text-required";
        if (!state.evidence.some((e) => e.sha256 === kept.sha256))
          state.evidence.push({ ...kept, name, note: told.note.trim(), at: who.now, by: who.account });
        write(who, id, "evidence-received", { sha256: kept.sha256, name, bytes: kept.bytes, type: kept.type });
        return undefined;
      }),
    readEvidence(who, id, sha256) {
      const item = tables.cases.get(id)?.evidence.find((e) => e.sha256 === sha256);
      if (!item) return refuse("evidence-unknown");
      const kept = safe.get(sha256);
      write(who, id, kept.ok ? "evidence-read" : "evidence-failed", { sha256, name: item.name });
      return kept.ok ? { ok: true, value: { item, bytes: kept.bytes } } : refuse("evidence-damaged");
    },
    verifyEvidence(who, id) {
      const state = tables.cases.get(id);
      if (!state) return refuse("incident-unknown");
      const damaged = state.evidence.filter((e) => !safe.get(e.sha256).ok);
      for (const e of state.evidence)
        write(who, id, damaged.includes(e) ? "evidence-failed" : "evidence-verified", {
          sha256: e.sha256,
          name: e.name,
        });
      return {
        ok: true,
        value: { good: state.evidence.length - damaged.length, damaged: damaged.map((e) => e.sha256) },
      };
    },

    previewSilence: (asked, now) =>
      previewOf(asked, parts.registry(), tables.incidents.unclosed(), policies.holidays(), now),
    createSilence(who, asked) {
      const refusal = refusalOfSilence(asked, policies.holidays(), who.now);
      if (refusal) return refuse(refusal.code, refusal.detail);
      const { kind, matchers, from, until, reason, lateNotice } = asked;
      const id = `SIL-${String(tables.silences.count() + 1).padStart(6, "0")}`;
      const late = lateNotice?.trim() ? { lateNotice: lateNotice.trim() } : {};
      const silence = {
        id,
        kind,
        matchers,
        from,
        until,
        reason: reason.trim(),
        by: who.account,
        createdAt: who.now,
        ...late,
      };
      tables.silences.save(silence);
      write(who, NO_INCIDENT, "silence-created", { silence: id, kind, until, reason: silence.reason });
      return { ok: true, value: silence };
    },
    endSilence(who, id, reason) {
      const silence = tables.silences.get(id);
      if (!silence) return refuse("silence-unknown");
      if (endOfSilence(silence) <= who.now) return refuse("silence-over");
      if (reason.trim() === "") return refuse("reason-required");
      const ended = { ...silence, endedAt: who.now, endedBy: who.account };
      tables.silences.save(ended);
      write(who, NO_INCIDENT, "silence-ended", { silence: id, reason: reason.trim() });
      return { ok: true, value: ended };
    },
    silences: (limit) => tables.silences.newest(limit),
    unendedSilences: (now) => tables.silences.unended(now),

    duty: (now) =>
      policies
        .roster()
        .schedules.map((s) => ({ schedule: s.id, name: s.name, ...onDuty(policies.roster(), s.id, now)! })),
    handOver(who, to, note) {
      if (note.trim() === "" || to.trim() === "") return refuse("text-required");
      const open = tables.incidents.unclosed().filter(isWorking);
      const ids = open.map((i) => i.id);
      write(who, NO_INCIDENT, "handover", { to, note: note.trim(), open: ids });
      tables.outbox.add({
        key: `handover/${who.account}/${to}/${who.now}`,
        at: who.now,
        kind: "handover",
        incident: NO_INCIDENT,
        to: [`account:${to}`],
        reason: { key: "reason.handover", facts: { from: who.account, note: note.trim(), open: ids } },
      });
      return { ok: true, value: { open: ids } };
    },
    handOvers: (limit) =>
      tables.cases
        .events(NO_INCIDENT)
        .filter((e) => e.kind === "handover")
        .slice(-limit)
        .reverse()
        .map(({ at, by, detail }) => ({
          at,
          by,
          to: String(detail["to"]),
          note: String(detail["note"]),
          open: [detail["open"] ?? []].flat().map(String),
        })),

    policies,
    lifecycle: () => lifecycleOf(policies.lifecycle()),
    putPolicy(who, name, text, reason, basedOn) {
      const put = policies.put({ name, text, reason, at: who.now, account: who.account }, basedOn);
      if (put.ok) {
        write(who, NO_INCIDENT, "policy-changed", { policy: name, version: put.value.version, reason });
        nextAt = 0;
      }
      return put;
    },
  };
}

/** The first of these agencies that has no part in the incident: nothing of it may be told to them. */
const strangerTo = (incident: Incident, agencies: readonly string[]): string | undefined =>
  agencies.find((a) => !concerns(incident, new Set([a])));

/** A file's name without a path or control characters; what it is called has no say in where it stands. */
const cleanName = (name: string): string =>
  name
    .normalize("NFC")
    .replace(/^.*[/\\]/, "")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "")
    .trim()
    .slice(0, 200);
