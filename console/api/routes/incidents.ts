// Incidents over the API: read, taken, closed, and what stands behind one.
import Type, { type TSchema } from "typebox";
import { type Act, type ActKind, type ActRefusal, type Incident, SeveritySchema } from "../../../protocol/index.ts";
import type { Permission } from "../../people/roles.ts";
import { cursorOf, pageAsked } from "../paging.ts";
import { refuse, route } from "../route.ts";
import { IncidentId, IncidentSchema, Instant, LogEntrySchema, Name, PageQuery, pageOf } from "../schemas.ts";

const One = Type.Object({ id: IncidentId });
const Whole = Type.Object({ incident: IncidentSchema });
const Search = Type.Optional(Type.String({ minLength: 1, maxLength: 120 }));
const REFUSES = [
  "incident-unknown",
  "incident-closed",
  "incident-open",
  "owned-by-other",
  "move-not-allowed",
  "machine-decides",
  "nothing-to-merge",
  "nothing-to-split",
  "reason-required",
  "resolution-required",
  "time-impossible",
  "store-unavailable",
] as const satisfies readonly ActRefusal[];
const Reason = Type.String({ minLength: 1, maxLength: 4_000, pattern: "\\S" });
const strict = { additionalProperties: false };

/** What each act takes, and who may do it; the reasons that an act needs are judged by protocol/lifecycle.ts. */
const ACTS: Record<ActKind, [Permission, string, TSchema]> = {
  acknowledge: [
    "incident.handle",
    "Take ownership of an incident",
    Type.Object({ reason: Type.Optional(Reason) }, strict),
  ],
  investigate: ["incident.handle", "Say that its cause is being looked for", Type.Object({}, strict)],
  contain: ["incident.handle", "Say that it can do no more harm", Type.Object({ reason: Reason }, strict)],
  recover: [
    "incident.handle",
    "Say that it is over, where the machine cannot",
    Type.Object({ reason: Reason }, strict),
  ],
  close: ["incident.handle", "Close it with its resolution", Type.Object({ resolution: Reason }, strict)],
  reopen: ["incident.handle", "Open a closed incident again", Type.Object({ reason: Reason }, strict)],
  assign: ["incident.lead", "Give it to somebody", Type.Object({ to: Name, reason: Reason }, strict)],
  merge: ["incident.lead", "Make it part of another", Type.Object({ into: IncidentId, reason: Reason }, strict)],
  split: [
    "incident.lead",
    "Make the part of some agencies an incident of its own",
    Type.Object({ agencies: Type.Array(Name, { minItems: 1, maxItems: 500 }), reason: Reason }, strict),
  ],
  "set-severity": [
    "incident.lead",
    "Set its severity by hand",
    Type.Object({ severity: SeveritySchema, reason: Reason }, strict),
  ],
  "correct-detection": [
    "incident.lead",
    "Correct when it was first detected: legal clocks count from there",
    Type.Object({ at: Instant, reason: Reason }, strict),
  ],
};
const MOST_LOG = 500;
/** Items from before the incident opened that may have led to it. */
const LOG_BEFORE_MS = 10 * 60_000;
const EXPORT_PAGE = 200;

const trimmed = (body: object) =>
  Object.fromEntries(Object.entries(body).map(([k, v]) => [k, typeof v === "string" ? v.trim() : v]));

const actRoutes = Object.entries(ACTS).map(([kind, [needs, summary, body]]) =>
  route({
    id: `incident-${kind}`,
    method: "POST",
    path: `/api/incidents/{id}/${kind}`,
    needs,
    summary,
    params: One,
    body,
    invalid: kind === "close" ? "resolution-required" : "reason-required",
    gives: Whole,
    refuses: REFUSES,
    run: async ({ backend }, { who, reader, params, body }) => {
      const act = { kind, ...trimmed(body as object) } as Act;
      // What one may not see one may not touch, nor draw one's own into.
      const unseen = [params.id, ...(act.kind === "merge" ? [act.into] : [])].some((id) => !reader.incident(id));
      if (unseen) return refuse("incident-unknown");
      const result = await backend.act(who.account, params.id, act);
      return result.ok ? { body: { incident: reader.incident(params.id) } } : refuse(result.code);
    },
  }),
);

export const incidentRoutes = [
  route({
    id: "incidents",
    method: "GET",
    path: "/api/incidents",
    needs: "incident.read",
    summary: "Incidents, newest first",
    query: Type.Object(
      { ...PageQuery, open: Type.Optional(Type.Enum(["true", "false"])), search: Search },
      { additionalProperties: false },
    ),
    gives: pageOf(IncidentSchema),
    refuses: ["cursor-invalid"],
    run: (_api, { reader, query }) => {
      const page = pageAsked(query);
      if ("refused" in page) return page;
      const { search } = query;
      const { items, next } = reader.incidents({
        ...page,
        open: query.open === "true",
        ...(search === undefined ? {} : { search }),
      });
      return { body: { items, ...(next === undefined ? {} : { next: cursorOf(next) }) } };
    },
  }),
  route({
    id: "exportIncidents",
    method: "GET",
    path: "/api/incidents/export",
    needs: "incident.read",
    summary: "Every incident, newest first, a JSON object a line",
    givesType: "application/jsonl",
    run: (_api, { reader }) => ({ lines: { type: "application/jsonl", of: allIncidents(reader.incidents) } }),
  }),
  route({
    id: "incident",
    method: "GET",
    path: "/api/incidents/{id}",
    needs: "incident.read",
    summary: "One incident",
    params: One,
    gives: Whole,
    refuses: ["incident-unknown"],
    run: (_api, { reader, params }) => {
      const incident = reader.incident(params.id);
      return incident ? { body: { incident } } : refuse("incident-unknown");
    },
  }),
  ...actRoutes,
  route({
    id: "incidentLog",
    method: "GET",
    path: "/api/incidents/{id}/log",
    needs: "evidence.read",
    summary: "What agents sent of the targets that its evidence names, newest first",
    params: One,
    personal: true,
    gives: Type.Object({ incident: IncidentId, items: Type.Array(LogEntrySchema), truncated: Type.Boolean() }),
    refuses: ["incident-unknown"],
    run: (_api, { reader, params }) => {
      const incident = reader.incident(params.id);
      if (!incident) return refuse("incident-unknown");
      const targets = new Set(incident.evidence.map((e) => e.target));
      // By the console's own clock: an observer's may be wrong by more than any margin.
      const from = incident.openedAt - LOG_BEFORE_MS;
      const items = reader.itemsOf(targets, from, incident.closedAt ?? Number.MAX_SAFE_INTEGER, MOST_LOG);
      return { body: { incident: params.id, items, truncated: items.length === MOST_LOG } };
    },
  }),
];

function* allIncidents(
  read: (page: { before?: number; limit: number; open: boolean }) => { items: Incident[]; next?: number },
): Generator<string> {
  let before: number | undefined;
  do {
    const page = read({ ...(before === undefined ? {} : { before }), limit: EXPORT_PAGE, open: false });
    for (const incident of page.items) yield JSON.stringify(incident);
    before = page.next;
  } while (before !== undefined);
}
