// People's work as verbs: name, shape of the body, what it does at the desk. The API, the admin socket and whatever comes
// later call by name; so a verb is written once, is listed here, and means the same everywhere.
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { type CaseRefusal, type CaseResult, TASK_PHASES } from "../protocol/casework.ts";
import { type ActResult, SeveritySchema } from "../protocol/index.ts";
import { MATCHER_FIELDS } from "../protocol/silence.ts";
import type { Declared } from "./correlate/index.ts";
import type { Desk, Who } from "./incidents/desk.ts";
import type { AskedSilence } from "./incidents/silences.ts";
import type { Permission } from "./people/roles.ts";

const strict = { additionalProperties: false };
const Text = Type.String({ maxLength: 8_000 });
const Short = Type.String({ minLength: 1, maxLength: 200 });
const Instant = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
const oneOf = <const T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((v) => Type.Literal(v))));
/** Agencies whose own people are to see it. */
const Agencies = Type.Optional(Type.Array(Short, { maxItems: 500, uniqueItems: true }));
const Asked = Type.Object(
  {
    kind: oneOf(["silence", "maintenance"]),
    matchers: Type.Array(
      Type.Object(
        {
          field: oneOf(MATCHER_FIELDS),
          op: oneOf(["is", "is-not"]),
          values: Type.Array(Short, { minItems: 1, maxItems: 200 }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 16 },
    ),
    from: Instant,
    until: Instant,
    reason: Text,
    lateNotice: Type.Optional(Text),
  },
  strict,
);
export const DeclaredShape = Type.Object(
  {
    asset: Short,
    class: oneOf(["intrusion", "data", "service", "connectivity"]),
    severity: SeveritySchema,
    detectedAt: Instant,
    summary: Type.String({ minLength: 1, maxLength: 2_000, pattern: "\\S" }),
    agencies: Type.Array(Short, { maxItems: 500 }),
    indicators: Type.Array(Type.Object({ type: oneOf(["actor", "sha256", "domain", "url"]), value: Short }, strict), {
      maxItems: 100,
    }),
  },
  strict,
);

interface Verb {
  /** `incident`: done on one; `console`: on none. */
  on: "incident" | "console";
  needs: Permission;
  /** As of a route: asks for a recent proof of who it is, and takes no token. */
  proof: boolean;
  summary: string;
  shape: TSchema;
  refuses: readonly CaseRefusal[];
  run(desk: Desk, who: Who, id: string, body: never): CaseResult<unknown>;
}
const verb = <S extends TSchema>(
  on: Verb["on"],
  [needs, summary, proof]: [Permission, string, "proof"?],
  refuses: readonly CaseRefusal[],
  shape: S,
  run: (desk: Desk, who: Who, id: string, body: Type.Static<S>) => CaseResult<unknown>,
): Verb => ({ on, needs, proof: proof !== undefined, summary, refuses, shape, run: run as Verb["run"] });

export const VERBS: Readonly<Record<string, Verb>> = {
  comment: verb(
    "incident",
    ["incident.handle", "Write a comment"],
    ["text-required", "agency-not-concerned"],
    Type.Object({ text: Text, agencies: Agencies }, strict),
    (d, who, id, b) => d.comment(who, id, b.text, b.agencies),
  ),
  answer: verb(
    "incident",
    ["incident.answer", "For an agency's own people: write to the security centre about their part"],
    ["text-required"],
    Type.Object({ text: Text }, strict),
    (d, who, id, b) => d.answer(who, id, b.text),
  ),
  "answer-task": verb(
    "incident",
    ["incident.answer", "For an agency's own people: a task that is meant for them is done, or open again"],
    ["task-unknown"],
    Type.Object({ task: Short, state: oneOf(["open", "done"]) }, strict),
    (d, who, id, b) => d.answerTask(who, id, b.task, b.state),
  ),
  classify: verb(
    "incident",
    ["incident.lead", "Confirm what the rules propose that it is, or correct it"],
    ["nature-unknown", "grade-unknown", "reason-required"],
    Type.Object({ nature: Short, grades: Type.Array(Short, { maxItems: 16 }), reason: Text }, strict),
    (d, who, id, b) => d.classify(who, id, b),
  ),
  notice: verb(
    "incident",
    ["incident.handle", "Record that a legal notice was sent"],
    ["clock-unknown", "clock-met", "text-required", "time-impossible"],
    Type.Object({ clock: Short, sentAt: Instant, to: Text, reference: Text }, strict),
    (d, who, id, b) => d.notice(who, id, b),
  ),
  playbook: verb(
    "incident",
    ["incident.handle", "Take up a playbook"],
    ["playbook-unknown"],
    Type.Object({ playbook: Short }, strict),
    (d, who, id, b) => d.startPlaybook(who, id, b.playbook),
  ),
  "add-task": verb(
    "incident",
    ["incident.handle", "Add a task"],
    ["text-required", "agency-not-concerned"],
    Type.Object({ phase: oneOf(TASK_PHASES), text: Text, dueAt: Type.Optional(Instant), agencies: Agencies }, strict),
    (d, who, id, b) => d.addTask(who, id, b),
  ),
  task: verb(
    "incident",
    ["incident.handle", "Do, skip or take up a task again"],
    ["task-unknown", "reason-required"],
    Type.Object({ task: Short, state: oneOf(["open", "done", "skipped"]), reason: Text }, strict),
    (d, who, id, b) => d.setTask(who, id, b.task, b.state, b.reason),
  ),
  "verify-evidence": verb(
    "incident",
    ["incident.handle", "Hold every piece of evidence against its hash"],
    [],
    Type.Object({}, strict),
    (d, who, id) => d.verifyEvidence(who, id),
  ),
  "silence-preview": verb(
    "console",
    ["silence.manage", "What a silence would match, before it is one"],
    [],
    Asked,
    (d, who, _, b) => ({
      ok: true,
      value: d.previewSilence(b as AskedSilence, who.now),
    }),
  ),
  silence: verb(
    "console",
    ["silence.manage", "Silence alerts, or announce maintenance"],
    ["reason-required", "silence-end-required", "silence-too-long", "silence-matches-all", "notice-too-late"],
    Asked,
    (d, who, _, b) => d.createSilence(who, b as AskedSilence),
  ),
  "end-silence": verb(
    "console",
    ["silence.manage", "End a silence before its time"],
    ["silence-unknown", "silence-over", "reason-required"],
    Type.Object({ silence: Short, reason: Text }, strict),
    (d, who, _, b) => d.endSilence(who, b.silence, b.reason),
  ),
  silences: verb(
    "console",
    ["incident.handle", "Silences and maintenance windows, newest first"],
    [],
    Type.Object({}, strict),
    (d) => ({ ok: true, value: d.silences(500) }),
  ),
  duty: verb("console", ["incident.handle", "Who is on duty"], [], Type.Object({}, strict), (d, who) => ({
    ok: true,
    value: d.duty(who.now),
  })),
  "hand-over": verb(
    "console",
    ["incident.handle", "Hand the watch over, with a note"],
    ["text-required"],
    Type.Object({ to: Short, note: Text }, strict),
    (d, who, _, b) => d.handOver(who, b.to, b.note),
  ),
  "hand-overs": verb(
    "console",
    ["incident.handle", "The notes with which the watch was handed over, newest first"],
    [],
    Type.Object({}, strict),
    (d) => ({ ok: true, value: d.handOvers(20) }),
  ),
  policies: verb(
    "console",
    ["audit.read", "The province's rules: names and versions in force"],
    [],
    Type.Object({}, strict),
    (d) => ({ ok: true, value: d.policies.list() }),
  ),
  policy: verb(
    "console",
    ["audit.read", "One rule document, with all its versions"],
    ["policy-unknown"],
    Type.Object({ name: Short }, strict),
    (d, _, __, b) => {
      const value = d.policies.get(b.name);
      return value
        ? { ok: true, value: { ...value, history: d.policies.history(b.name) } }
        : { ok: false, code: "policy-unknown" };
    },
  ),
  "put-policy": verb(
    "console",
    ["system.manage", "Put a new version of a rule document in force", "proof"],
    ["policy-unknown", "policy-invalid", "policy-stale", "reason-required"],
    Type.Object(
      { name: Short, text: Type.String({ maxLength: 262_144 }), reason: Text, basedOn: Type.Integer({ minimum: 0 }) },
      strict,
    ),
    (d, who, _, b) => d.putPolicy(who, b.name, b.text, b.reason, b.basedOn),
  ),
};
const CHECKS = Object.fromEntries(Object.entries(VERBS).map(([name, v]) => [name, Compile(v.shape)]));
const declaredCheck = Compile(DeclaredShape);

/** What casework needs of the pipeline. */
export interface Doing {
  atDesk<T>(
    account: string,
    incident: string | undefined,
    run: (desk: Desk, who: Who) => CaseResult<T>,
  ): Promise<CaseResult<T>>;
  declare(account: string, declared: Declared): Promise<ActResult>;
}

export type VerbResult = CaseResult<unknown> | { ok: false; code: "verb-unknown" | "body-invalid"; detail?: string };

/** Runs a verb by name, on an incident or, without one, on the console. */
export function runVerb(
  doing: Doing,
  account: string,
  incident: string | undefined,
  name: string,
  body: unknown,
  agencies?: readonly string[],
): Promise<VerbResult> {
  const found = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!found || (found.on === "incident") !== (incident !== undefined))
    return Promise.resolve({ ok: false, code: "verb-unknown" });
  if (!CHECKS[name]!.Check(body))
    return Promise.resolve({ ok: false, code: "body-invalid", detail: firstError(name, body) });
  const scope = agencies === undefined ? {} : { agencies };
  return doing.atDesk(account, incident, (desk, who) =>
    found.run(desk, { ...who, ...scope }, incident ?? "", body as never),
  );
}
const firstError = (name: string, body: unknown): string => {
  const [error] = CHECKS[name]!.Errors(body);
  return `${error?.instancePath || "/"} ${error?.message ?? ""}`;
};

/** Opens an incident that a person tells of. */
export async function runDeclaration(doing: Doing, account: string, body: unknown): Promise<VerbResult> {
  if (!declaredCheck.Check(body)) return { ok: false, code: "body-invalid" };
  const result = await doing.declare(account, body as Declared);
  return result.ok ? { ok: true, value: result.incident } : { ok: false, code: "store-unavailable" };
}
