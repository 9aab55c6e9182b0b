// People's work on incidents over the API: each verb of console/casework.ts is a route; and the case, evidence in and out, the
// record to take away. All of it is the security centre's: whoever sees their own agencies only is refused, since comments, clocks
// and whom was told speak of all of them. What was written to those agencies, and what they are asked to do, they are told, and
// they answer it (people/redact.ts has what that is).
import Type from "typebox";
import { DeclaredShape, VERBS } from "../../casework.ts";
import type { CaseAnswer } from "../ports.ts";
import { PROBLEMS, type ProblemCode } from "../problems.ts";
import { type Call, type Reply, refuse, route } from "../route.ts";
import { IncidentId } from "../schemas.ts";

const One = Type.Object({ id: IncidentId });
const Result = Type.Object({ result: Type.Unknown() });
const strict = { additionalProperties: false };
/** 25 MiB in base64, and what stands around it. */
const MOST_UPLOAD = 36 * 1024 * 1024;
const MOST_VERB = 512 * 1024;
const TYPES = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
} as const;

type Any = Call<never, never, never>;
const isProblem = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

function replyOf(answer: CaseAnswer<unknown>): Reply {
  if (answer.ok) return { body: { result: answer.value } };
  return isProblem(answer.code) ? refuse(answer.code, answer.detail) : refuse("request-invalid", answer.code);
}

/** Why this caller may not: they see a part of the province, or not this incident. */
function barred({ who, reader }: Pick<Any, "who" | "reader">, id?: string): Reply | undefined {
  if (id !== undefined && !reader.incident(id)) return refuse("incident-unknown");
  return who.scope === undefined ? undefined : refuse("permission-missing", "the whole province");
}

const verbRoutes = Object.entries(VERBS).map(([name, verb]) =>
  route({
    id: `work-${name}`,
    method: "POST",
    path: verb.on === "incident" ? `/api/incidents/{id}/casework/${name}` : `/api/casework/${name}`,
    needs: verb.needs,
    proof: verb.proof,
    summary: verb.summary,
    ...(verb.on === "incident" ? { params: One } : {}),
    body: verb.shape,
    bodyBytes: MOST_VERB,
    gives: Result,
    refuses: ["incident-unknown", "store-unavailable", ...verb.refuses],
    run: async ({ backend }, call) => {
      const id = (call.params as { id?: string }).id;
      const { account, scope } = call.who;
      if (verb.needs !== "incident.answer")
        return barred(call, id) ?? replyOf(await backend.casework.verb(account, id, name, call.body));
      if (id === undefined || !call.reader.incident(id)) return refuse("incident-unknown");
      return replyOf(await backend.casework.verb(account, id, name, call.body, [...(scope ?? [])]));
    },
  }),
);

export const caseworkRoutes = [
  ...verbRoutes,
  route({
    id: "declareIncident",
    method: "POST",
    path: "/api/incidents",
    needs: "incident.handle",
    summary: "Open an incident that a person tells of",
    body: DeclaredShape,
    gives: Result,
    refuses: ["store-unavailable"],
    run: async ({ backend }, call) =>
      barred(call) ?? replyOf(await backend.casework.declare(call.who.account, call.body)),
  }),
  route({
    id: "case",
    method: "GET",
    path: "/api/incidents/{id}/case",
    needs: "incident.read",
    summary:
      "The work on one incident: classification, clocks, tasks, evidence, its own history, whom was told; an agency's own people are told what was written to them and what they are asked to do",
    params: One,
    gives: Result,
    refuses: ["incident-unknown", "store-unavailable"],
    run: async ({ backend }, { who, reader, params }) => {
      if (!reader.incident(params.id)) return refuse("incident-unknown");
      return replyOf(
        who.scope === undefined
          ? await backend.casework.view(who.account, params.id)
          : await backend.casework.part(who.account, params.id, who.scope),
      );
    },
  }),
  route({
    id: "addEvidence",
    method: "POST",
    path: "/api/incidents/{id}/evidence",
    needs: "incident.handle",
    summary: "Hand in a file as evidence, in base64",
    params: One,
    body: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: 400 }),
        type: Type.String({ minLength: 1, maxLength: 100 }),
        note: Type.String({ maxLength: 2_000 }),
        base64: Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" }),
      },
      strict,
    ),
    bodyBytes: MOST_UPLOAD,
    gives: Result,
    refuses: [
      "incident-unknown",
      "store-unavailable",
      "text-required",
      "evidence-empty",
      "evidence-too-large",
      "evidence-type-refused",
      "evidence-type-differs",
      "evidence-damaged",
    ],
    run: async ({ backend }, call) => {
      const no = barred(call, call.params.id);
      if (no) return no;
      const { base64, ...told } = call.body;
      const bytes = Buffer.from(base64, "base64");
      return replyOf(await backend.casework.addEvidence(call.who.account, call.params.id, bytes, told));
    },
  }),
  route({
    id: "readEvidence",
    method: "GET",
    path: "/api/incidents/{id}/evidence/{sha256}",
    needs: "evidence.read",
    summary: "A piece of evidence, in base64; the look is noted in its chain of custody",
    params: Type.Object({ id: IncidentId, sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
    personal: true,
    gives: Result,
    refuses: ["incident-unknown", "store-unavailable", "evidence-unknown", "evidence-damaged"],
    run: async ({ backend }, call) => {
      const { id, sha256 } = call.params;
      return barred(call, id) ?? replyOf(await backend.casework.readEvidence(call.who.account, id, sha256));
    },
  }),
  ...(["json", "csv", "html"] as const).map((format) =>
    route({
      id: `timeline-${format}`,
      method: "GET",
      path: `/api/incidents/{id}/timeline/${format}`,
      needs: "evidence.read",
      summary: `The whole record of one incident as ${format.toUpperCase()}`,
      params: One,
      query: Type.Object({ language: Type.Optional(Type.Enum(["vi", "en"])) }, strict),
      givesType: TYPES[format],
      refuses: ["incident-unknown", "store-unavailable"],
      run: async ({ backend }, call) => {
        const { id } = call.params;
        const no = barred(call, id);
        if (no) return no;
        const given = await backend.casework.timeline(call.who.account, id, format, call.query.language ?? "vi");
        return given.ok ? { lines: { type: TYPES[format], of: [given.value], ...asFile(format, id) } } : replyOf(given);
      },
    }),
  ),
];

/** The page is for printing and brings its own style and nothing else; the others are files. */
const asFile = (format: keyof typeof TYPES, id: string): { headers: Record<string, string> } => ({
  headers:
    format === "html"
      ? { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-modals" }
      : { "content-disposition": `attachment; filename="${id}.${format}"` },
});
