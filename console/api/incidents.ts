// What a signed-in person asks about incidents: move one along its life, read what stands behind one.
import type { IncomingMessage, ServerResponse } from "node:http";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { type Act, type ActKind, type ActRefusal, SeveritySchema } from "../../protocol/index.ts";
import { readJson, sendJson, sendProblem } from "../http.ts";
import type { Backend } from "./ports.ts";

const Reason = Type.String({ minLength: 1, maxLength: 4_000, pattern: "\\S" });
const strict = { additionalProperties: false };
/** What the body of each act holds; the reasons that an act needs are judged by protocol/lifecycle.ts. */
const BODIES = {
  acknowledge: Compile(Type.Object({ reason: Type.Optional(Reason) }, strict)),
  assign: Compile(Type.Object({ to: Type.String({ minLength: 1, maxLength: 64 }), reason: Reason }, strict)),
  investigate: Compile(Type.Object({}, strict)),
  contain: Compile(Type.Object({ reason: Reason }, strict)),
  recover: Compile(Type.Object({ reason: Reason }, strict)),
  close: Compile(Type.Object({ resolution: Reason }, strict)),
  reopen: Compile(Type.Object({ reason: Reason }, strict)),
  merge: Compile(Type.Object({ into: Type.String({ minLength: 1, maxLength: 64 }), reason: Reason }, strict)),
  split: Compile(
    Type.Object(
      { agencies: Type.Array(Type.String({ maxLength: 160 }), { minItems: 1, maxItems: 500 }), reason: Reason },
      strict,
    ),
  ),
  "set-severity": Compile(Type.Object({ severity: SeveritySchema, reason: Reason }, strict)),
  "correct-detection": Compile(Type.Object({ at: Type.Integer({ minimum: 0 }), reason: Reason }, strict)),
} satisfies Record<ActKind, { Check(value: unknown): boolean }>;
export const ACT_KINDS = Object.keys(BODIES) as ActKind[];
const MOST_BODY = 16 * 1024;
const MOST_LOG = 500;
/** Items from before the incident opened that may have led to it. */
const LOG_BEFORE_MS = 10 * 60_000;

const STATUS: Record<ActRefusal, number> = {
  "incident-unknown": 404,
  "incident-closed": 409,
  "incident-open": 409,
  "owned-by-other": 409,
  "move-not-allowed": 409,
  "machine-decides": 409,
  "nothing-to-merge": 409,
  "nothing-to-split": 409,
  "reason-required": 400,
  "resolution-required": 400,
  "time-impossible": 400,
  "store-unavailable": 503,
};
const DETAIL: Record<ActRefusal, string> = {
  "incident-unknown": "There is no incident with this id.",
  "incident-closed": "The incident is closed already.",
  "incident-open": "The trouble still stands: an incident is closed after it has recovered or turned quiet.",
  "owned-by-other": "Somebody else owns the incident: take it over first, with a reason.",
  "move-not-allowed": "The incident cannot go there from its present state.",
  "machine-decides": "The system watches this one: it recovers by itself when no evidence is left.",
  "nothing-to-merge": "An incident is merged into another one that is not closed.",
  "nothing-to-split": "Name some of the agencies in its evidence, and not all.",
  "reason-required": "Say why: this needs a reason.",
  "resolution-required": "Say how it was resolved.",
  "time-impossible": "The earliest detection cannot be later than the opening.",
  "store-unavailable": "The record cannot be written now; nothing was done.",
};

/** POST /api/incidents/:id/<act>. */
export async function actOnIncident(
  backend: Backend,
  account: string,
  id: string,
  kind: ActKind,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readJson(request, MOST_BODY);
  // To take an incident nothing needs to be said.
  const empty = kind === "acknowledge" && !body.ok && body.code === "body-not-json";
  if (!body.ok && !empty) return sendProblem(response, body.status, body.code);
  const value = body.ok ? body.value : {};
  if (!BODIES[kind].Check(value)) return sendProblem(response, 400, missingIn(kind), DETAIL[missingIn(kind)]);
  const result = await backend.act(account, id, { kind, ...trimmed(value as object) } as Act);
  if (result.ok) return sendJson(response, 200, { incident: result.incident });
  sendProblem(response, STATUS[result.code], result.code, DETAIL[result.code]);
}

const trimmed = (body: object) =>
  Object.fromEntries(Object.entries(body).map(([k, v]) => [k, typeof v === "string" ? v.trim() : v]));
const missingIn = (kind: ActKind): ActRefusal => (kind === "close" ? "resolution-required" : "reason-required");

/** GET /api/incidents/:id/log: the items of the targets that its evidence names, newest first. */
export function logOfIncident(backend: Backend, id: string, response: ServerResponse) {
  const incident = backend.incident(id);
  if (!incident) return sendProblem(response, 404, "incident-unknown", DETAIL["incident-unknown"]);
  const targets = new Set(incident.evidence.map((e) => e.target));
  // By the console's own clock: an observer's may be wrong by more than any margin.
  const items = backend.itemsOf(
    targets,
    incident.openedAt - LOG_BEFORE_MS,
    incident.closedAt ?? Number.MAX_SAFE_INTEGER,
    MOST_LOG,
  );
  sendJson(response, 200, { incident: id, items, truncated: items.length === MOST_LOG });
}
