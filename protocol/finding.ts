// What an agent saw. A finding is one thing that is wrong now; a report is the whole truth of one run of one check;
// a detection is an attack seen once. Imported by every part; imports nothing of ours.
import Type from "typebox";
import { SEVERITIES, type Severity } from "./severity.ts";

export { SEVERITIES, type Severity } from "./severity.ts";

export const SeveritySchema = Type.Unsafe<Severity>(Type.Union(SEVERITIES.map((s) => Type.Literal(s))));

const Id = Type.String({ minLength: 1, maxLength: 160, pattern: "^[^\\u0000-\\u001f]+$" });
const Text = Type.String({ maxLength: 2_000 });
/** Milliseconds since 1970, by the clock of the side that wrote it. */
const Instant = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
/** Small flat facts: what was expected, what was seen. Never personal data, never a secret. */
const Evidence = Type.Record(
  Type.String({ minLength: 1, maxLength: 64 }),
  Type.Union([Text, Type.Number(), Type.Boolean(), Type.Array(Text, { maxItems: 64 })]),
  { maxProperties: 32 },
);
export type Evidence = Type.Static<typeof Evidence>;

/** One thing that is wrong. Identity: check + target + subject + tag. */
export const FindingSchema = Type.Object(
  {
    /** What the check looked at within its target: an address, a name and type, a server. */
    subject: Id,
    tag: Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Z][A-Z0-9_]*$" }),
    evidence: Evidence,
  },
  { additionalProperties: false },
);
export type Finding = Type.Static<typeof FindingSchema>;

const reportHead = {
  type: Type.Literal("report"),
  check: Id,
  target: Id,
  /** When the run ended, by the agent's clock. */
  at: Instant,
  tookMs: Type.Number({ minimum: 0, maximum: 86_400_000 }),
};

/**
 * The whole truth of one run: a finding that is absent from a `ran` report is over. A run that was `skipped` or that
 * `broke` says nothing about the target and can neither open nor close anything.
 */
export const ReportSchema = Type.Union([
  Type.Object(
    {
      ...reportHead,
      outcome: Type.Literal("ran"),
      findings: Type.Array(FindingSchema, { maxItems: 200 }),
      /** What a healthy run wants to show: the path taken, days left. */
      facts: Type.Optional(Evidence),
    },
    { additionalProperties: false },
  ),
  Type.Object({ ...reportHead, outcome: Type.Literal("skipped"), reason: Text }, { additionalProperties: false }),
  Type.Object({ ...reportHead, outcome: Type.Literal("broke"), error: Text }, { additionalProperties: false }),
]);
export type Report = Type.Static<typeof ReportSchema>;

/** An attack or a suspicious act. It has no end of its own: it turns quiet after the window that its class states. */
export const DetectionSchema = Type.Object(
  {
    type: Type.Literal("detection"),
    /** Given by the agent, unique within it: a repeated sending is the same detection. */
    id: Id,
    detector: Id,
    target: Id,
    at: Instant,
    class: Type.String({ minLength: 1, maxLength: 64, pattern: "^[a-z][a-z0-9-]*$" }),
    severity: SeveritySchema,
    /** Who did it, as the evidence names it: a source address. */
    actor: Type.Optional(Id),
    /** MITRE ATT&CK technique ids, e.g. T1110.001. */
    attack: Type.Optional(Type.Array(Type.String({ pattern: "^T[0-9]{4}(\\.[0-9]{3})?$" }), { maxItems: 16 })),
    count: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    evidence: Evidence,
  },
  { additionalProperties: false },
);
export type Detection = Type.Static<typeof DetectionSchema>;

export const ItemSchema = Type.Union([ReportSchema, DetectionSchema]);
export type Item = Report | Detection;
