// The OpenAPI 3.1 document, made from the table of routes: nothing is written down twice. Pure.
import type Type from "typebox";
import type { TSchema } from "typebox";
import { PROBLEMS, type ProblemCode } from "./problems.ts";
import type { Route } from "./route.ts";
import { COMPONENTS } from "./schemas.ts";

type Json = Record<string, unknown>;

const NAMES = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]));

/** A schema as it stands in the document: those that have a name are referred to. */
function written(schema: TSchema, top = false): Json {
  const name = NAMES.get(schema);
  if (name !== undefined && !top) return { $ref: `#/components/schemas/${name}` };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    const known = NAMES.get(value as TSchema);
    if (known !== undefined) return { $ref: `#/components/schemas/${known}` };
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)]));
  };
  return Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, walk(v)]));
}

const parameters = (where: "path" | "query", shape: Type.TObject): Json[] =>
  Object.entries(shape.properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === "path" || (shape.required ?? []).includes(name),
    schema: written(schema as TSchema),
  }));

/** What the router itself may answer, whatever the row. */
const ALWAYS: readonly ProblemCode[] = ["too-many-requests", "store-unavailable", "internal-error"];

function refusals(route: Route): ProblemCode[] {
  const codes = new Set<ProblemCode>([...ALWAYS, ...route.refuses, "request-invalid"]);
  if (route.needs !== "public") codes.add("session-required").add("token-invalid");
  if (route.needs !== "public" && route.needs !== "signed-in") codes.add("permission-missing");
  if (route.proof) codes.add("proof-required").add("not-by-token");
  if (route.body) codes.add(route.invalid).add("body-not-json").add("body-too-large").add("body-timeout");
  if (route.method !== "GET") codes.add("origin-refused").add("header-required");
  if (route.method !== "GET" && route.needs !== "public")
    for (const code of [
      "idempotency-key-invalid",
      "idempotency-key-reused",
      "idempotency-in-progress",
      "idempotency-done",
    ] as const)
      codes.add(code);
  return [...codes];
}

function responses(route: Route): Json {
  const good: Json = { description: route.summary };
  const type = route.givesType;
  if (route.gives) good["content"] = { [type]: { schema: written(route.gives) } };
  else if (type !== "application/json") good["content"] = { [type]: { schema: { type: "string" } } };
  const byStatus = Map.groupBy(refusals(route), (code) => PROBLEMS[code][0]);
  const bad = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((c) => `${c}: ${PROBLEMS[c][1]}`).join("\n"),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
  return { [route.status]: good, ...Object.fromEntries(bad) };
}

const keyHeader: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "Sent again with the same key, a write is not done again: the first answer is given.",
  schema: { type: "string", minLength: 8, maxLength: 128 },
};

function operation(route: Route): Json {
  const writes = route.method !== "GET" && route.needs !== "public";
  return {
    operationId: route.id,
    summary: route.summary,
    description: `Needs: ${route.needs}.${route.proof ? " Asks for a recent proof of who it is." : ""}${route.personal ? " The look is audited." : ""}`,
    security: route.needs === "public" ? [] : route.proof ? [{ session: [] }] : [{ session: [] }, { token: [] }],
    parameters: [
      ...parameters("path", route.params),
      ...parameters("query", route.query),
      ...(writes ? [keyHeader] : []),
    ],
    ...(route.body
      ? { requestBody: { required: true, content: { "application/json": { schema: written(route.body) } } } }
      : {}),
    responses: responses(route),
  };
}

/** The document of these routes, as served from `url`. */
export function openApi(routes: readonly Route[], url: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Vọng Gác",
      version: "1",
      description:
        "Every refusal is a problem (RFC 9457) whose `code` is stable. What one sees is what one's scope allows.",
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(COMPONENTS).map(([name, s]) => [name, written(s, true)])),
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: url.startsWith("https:") ? "__Host-vonggac" : "vonggac" },
        token: { type: "http", scheme: "bearer", description: "vgt_…, made under /api/me/tokens." },
      },
    },
  };
}
