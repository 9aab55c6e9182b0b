// What a signed-in person asks about incidents: take one, close one, read what stands behind one.
import type { IncomingMessage, ServerResponse } from "node:http";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { readJson, sendJson, sendProblem } from "../http.ts";
import type { Act, ActRefusal, Backend } from "./ports.ts";

const closeShape = Compile(
  Type.Object(
    { resolution: Type.String({ minLength: 1, maxLength: 4_000, pattern: "\\S" }) },
    { additionalProperties: false },
  ),
);
const MOST_BODY = 16 * 1024;
const MOST_LOG = 500;
/** Items from before the incident opened that may have led to it. */
const LOG_BEFORE_MS = 10 * 60_000;

const STATUS: Record<ActRefusal, number> = {
  "incident-unknown": 404,
  "incident-closed": 409,
  "incident-open": 409,
  "owned-by-other": 409,
  "store-unavailable": 503,
};
const DETAIL: Record<ActRefusal, string> = {
  "incident-unknown": "There is no incident with this id.",
  "incident-closed": "The incident is closed already.",
  "incident-open": "The trouble still stands: an incident is closed after it has recovered or turned quiet.",
  "owned-by-other": "Somebody else owns the incident: only its owner closes it.",
  "store-unavailable": "The record cannot be written now; nothing was done.",
};

/** POST /api/incidents/:id/acknowledge and …/close. */
export async function actOnIncident(
  backend: Backend,
  account: string,
  id: string,
  verb: "acknowledge" | "close",
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readJson(request, MOST_BODY);
  if (!body.ok && !(verb === "acknowledge" && body.code === "body-not-json"))
    return sendProblem(response, body.status, body.code);
  let act: Act = { kind: "acknowledge" };
  if (verb === "close") {
    const value = body.ok ? body.value : undefined;
    if (!closeShape.Check(value)) return sendProblem(response, 400, "resolution-required", "Say how it was resolved.");
    act = { kind: "close", resolution: value.resolution.trim() };
  }
  const result = await backend.act(account, id, act);
  if (result.ok) return sendJson(response, 200, { incident: result.incident });
  sendProblem(response, STATUS[result.code], result.code, DETAIL[result.code]);
}

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
