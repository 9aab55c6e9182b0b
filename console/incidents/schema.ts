// The shapes of the province's own rules: clocks, holidays, roster, lifecycle, playbooks. YAML, bounded, refused with where and why.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { parseDocument } from "yaml";
import { TASK_PHASES } from "../../protocol/casework.ts";
import { SEVERITIES } from "../../protocol/finding.ts";
import { BilingualSchema } from "../../protocol/registry.ts";

const strict = { additionalProperties: false };
const Id = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" });
const Day = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });
const Offset = Type.Number({ minimum: -12, maximum: 14 });
const oneOf = <const T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((v) => Type.Literal(v))));
const Words = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 64 });
const Severities = Type.Array(oneOf(SEVERITIES), { minItems: 1, maxItems: 5 });

const When = Type.Object(
  {
    class: Type.Optional(Words),
    severity: Type.Optional(Severities),
    detection: Type.Optional(Words),
    nature: Type.Optional(Words),
    lostAtLeast: Type.Optional(Type.Integer({ minimum: 1 })),
    agenciesAtLeast: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
);
export type When = Type.Static<typeof When>;

export const ClocksSchema = Type.Object(
  {
    natures: Type.Record(Id, BilingualSchema),
    grades: Type.Record(Id, BilingualSchema),
    packs: Type.Array(
      Type.Object(
        {
          id: Id,
          family: Id,
          effectiveFrom: Day,
          title: BilingualSchema,
          source: Type.String({ minLength: 1, maxLength: 200 }),
          mark: oneOf(["V", "S"]),
          rules: Type.Array(
            Type.Object(
              {
                id: Id,
                grade: Id,
                hours: Type.Optional(Type.Number({ minimum: 0, maximum: 8_760 })),
                title: BilingualSchema,
              },
              strict,
            ),
            { minItems: 1, maxItems: 32 },
          ),
        },
        strict,
      ),
      { maxItems: 64 },
    ),
    proposals: Type.Array(
      Type.Object({ when: When, nature: Id, grades: Type.Array(Id), reason: BilingualSchema }, strict),
      { minItems: 1, maxItems: 64 },
    ),
    warnAtFractionLeft: Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { maxItems: 8 }),
  },
  strict,
);
export type Clocks = Type.Static<typeof ClocksSchema>;

export const HolidaysSchema = Type.Object(
  {
    noticeWorkingDays: Type.Integer({ minimum: 0, maximum: 60 }),
    noticeSource: Type.String({ minLength: 1, maxLength: 200 }),
    utcOffsetHours: Offset,
    holidays: Type.Array(
      Type.Object(
        { day: Day, name: Type.String({ maxLength: 100 }), toConfirm: Type.Optional(Type.Literal(true)) },
        strict,
      ),
      { maxItems: 1_000 },
    ),
    workedWeekends: Type.Array(Day, { maxItems: 200 }),
  },
  strict,
);
export type Holidays = Type.Static<typeof HolidaysSchema>;

const Account = Type.String({ minLength: 1, maxLength: 64 });
export const RosterSchema = Type.Object(
  {
    utcOffsetHours: Offset,
    schedules: Type.Array(
      Type.Object(
        {
          id: Id,
          name: BilingualSchema,
          start: Day,
          handoverAt: Type.String({ pattern: "^([01]\\d|2[0-3]):[0-5]\\d$" }),
          rota: Type.Array(Account, { minItems: 1, maxItems: 64 }),
          overrides: Type.Array(
            Type.Object(
              {
                from: Type.String({ maxLength: 32 }),
                until: Type.String({ maxLength: 32 }),
                account: Account,
                reason: Type.String({ minLength: 1, maxLength: 500 }),
              },
              strict,
            ),
            { maxItems: 500 },
          ),
        },
        strict,
      ),
      { minItems: 1, maxItems: 32 },
    ),
    escalation: Type.Array(
      Type.Object(
        {
          severity: Severities,
          steps: Type.Array(
            Type.Object(
              {
                afterMinutes: Type.Integer({ minimum: 0, maximum: 10_080 }),
                notify: Type.Array(Type.String({ pattern: "^(schedule|role|account):.+$", maxLength: 100 }), {
                  minItems: 1,
                }),
              },
              strict,
            ),
            { minItems: 1, maxItems: 16 },
          ),
        },
        strict,
      ),
      { maxItems: 16 },
    ),
  },
  strict,
);
export type Roster = Type.Static<typeof RosterSchema>;

export const PlaybookSchema = Type.Object(
  {
    id: Id,
    version: Type.Integer({ minimum: 1 }),
    title: BilingualSchema,
    when: When,
    tasks: Type.Array(
      Type.Object(
        {
          id: Id,
          phase: oneOf(TASK_PHASES),
          dueMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 525_600 })),
          text: BilingualSchema,
        },
        strict,
      ),
      { minItems: 1, maxItems: 100 },
    ),
  },
  strict,
);
export type Playbook = Type.Static<typeof PlaybookSchema>;

/** Classes whose end a machine can see. */
const CLOSABLE = ["connectivity", "ipv6", "dnssec", "certificate", "agent", "service"] as const;
export const LifecycleSchema = Type.Object(
  {
    reopenMinutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
    closes: Type.Array(oneOf(CLOSABLE), { maxItems: CLOSABLE.length, uniqueItems: true }),
    closeAfterHours: Type.Number({ minimum: 0.25, maximum: 8_760 }),
    storm: Type.Object(
      {
        openings: Type.Integer({ minimum: 3, maximum: 10_000 }),
        withinMinutes: Type.Integer({ minimum: 1, maximum: 1_440 }),
      },
      strict,
    ),
  },
  strict,
);
export type Lifecycle = Type.Static<typeof LifecycleSchema>;

const CHECKS = {
  lifecycle: Compile(LifecycleSchema),
  clocks: Compile(ClocksSchema),
  holidays: Compile(HolidaysSchema),
  roster: Compile(RosterSchema),
  playbook: Compile(PlaybookSchema),
};
export interface PolicyShapes {
  lifecycle: Lifecycle;
  clocks: Clocks;
  holidays: Holidays;
  roster: Roster;
  playbook: Playbook;
}
export type PolicyKind = keyof PolicyShapes;
const MOST_TEXT = 256 * 1024;

/** Reads one document of a kind. A wrong one gives where and what, for a person to mend; it never throws. */
export function readPolicy<K extends PolicyKind>(
  kind: K,
  text: string,
): { ok: true; value: PolicyShapes[K] } | { ok: false; detail: string } {
  if (text.length > MOST_TEXT) return { ok: false, detail: `more than ${MOST_TEXT} characters` };
  let value: unknown;
  try {
    const document = parseDocument(text, { schema: "core", stringKeys: true });
    if (document.errors[0]) return { ok: false, detail: document.errors[0].message.split("\n")[0]! };
    value = document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    return { ok: false, detail: (error as Error).message.split("\n")[0]! };
  }
  if (!CHECKS[kind].Check(value)) {
    const [first] = CHECKS[kind].Errors(value);
    return { ok: false, detail: `${first?.instancePath || "/"}: ${first?.message ?? "not of the expected shape"}` };
  }
  const detail = beyondShape(kind, value as never);
  return detail === undefined ? { ok: true, value: value as PolicyShapes[K] } : { ok: false, detail };
}

/** What a schema cannot say: that what is named exists, that ids are unique, that days are days. */
function beyondShape(kind: PolicyKind, value: never): string | undefined {
  if (kind === "clocks") return ofClocks(value);
  if (kind === "roster") return ofRoster(value);
  if (kind === "lifecycle") return undefined;
  if (kind === "holidays")
    return [...(value as Holidays).holidays.map((h) => h.day), ...(value as Holidays).workedWeekends].find(notADay);
  return repeated((value as Playbook).tasks.map((t) => t.id));
}

function ofClocks(c: Clocks): string | undefined {
  const twice = repeated(c.packs.map((p) => p.id)) ?? c.packs.map((p) => p.effectiveFrom).find(notADay);
  if (twice !== undefined) return twice;
  const grades = [...c.packs.flatMap((p) => p.rules.map((r) => r.grade)), ...c.proposals.flatMap((p) => p.grades)];
  const unknown = grades.find((g) => !Object.hasOwn(c.grades, g));
  if (unknown) return `the grade ${unknown} is not in the list of grades`;
  const nature = c.proposals.find((p) => !Object.hasOwn(c.natures, p.nature))?.nature;
  if (nature) return `the nature ${nature} is not in the list of natures`;
  return Object.keys(c.proposals.at(-1)!.when).length > 0 ? "the last proposal must fit every incident" : undefined;
}

function ofRoster(r: Roster): string | undefined {
  const twice = repeated(r.schedules.map((s) => s.id)) ?? r.schedules.map((s) => s.start).find(notADay);
  if (twice !== undefined) return twice;
  for (const o of r.schedules.flatMap((s) => s.overrides))
    if (!(Date.parse(o.from) < Date.parse(o.until))) return `the override ${o.from} … ${o.until} has no time in it`;
  const named = r.escalation.flatMap((e) => e.steps.flatMap((s) => s.notify)).filter((n) => n.startsWith("schedule:"));
  const unknown = named.find((n) => !r.schedules.some((s) => `schedule:${s.id}` === n));
  return unknown && `${unknown} is in no schedule`;
}

const notADay = (day: string) => {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day;
};
const repeated = (ids: string[]): string | undefined => {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  return twice && `${twice} is there twice`;
};
