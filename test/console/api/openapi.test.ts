// The OpenAPI document: valid by the official 3.1 schema, an entry for every route, and real answers of the shape that it says.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Compile } from "typebox/compile";
import { PROBLEMS } from "../../../console/api/problems.ts";
import type { Route } from "../../../console/api/route.ts";
import { ROUTES } from "../../../console/api/routes.ts";
import { ProblemSchema } from "../../../console/api/schemas.ts";
import { incident } from "../support/province.ts";
import { startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
let cookie: string;
before(async () => {
  s = await startScreen();
  cookie = s.signIn();
  s.keep(incident("INC-000001"));
});
after(() => s.end());

interface Document {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
}

test("it is valid OpenAPI 3.1, is given to anybody, and no route lacks an entry", async () => {
  const answer = await s.get("/api/openapi.json");
  const document = JSON.parse(answer.text) as Document;
  const verdict = await new Validator().validate(JSON.parse(answer.text));
  assert.ok(verdict.valid, JSON.stringify(verdict.errors)?.slice(0, 2_000));
  const operations = Object.values(document.paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
  assert.deepEqual(operations.sort(), ROUTES.map((r) => r.id).sort());
});

test("what a route answers is what it says", async () => {
  let looked = 0;
  // A row of a file's hash has tests of its own: here is no file.
  const plain = (r: Route) => Object.keys(r.params.properties).every((name) => name === "id");
  for (const route of ROUTES.filter((r) => r.method === "GET" && r.gives && !r.upgrade && plain(r))) {
    s.time.mono += 60_000;
    const asked = (route.query.required ?? []).map((name) => `${name}=portal`).join("&");
    const answer = await s.get(`${route.path.replace("{id}", "INC-000001")}?${asked}`, { cookie });
    assert.equal(answer.status, route.status, `${route.id}: ${answer.text}`);
    const shape = Compile(route.gives!);
    const body = JSON.parse(answer.text);
    assert.ok(shape.Check(body), `${route.id}: ${JSON.stringify(shape.Errors(body)).slice(0, 500)}`);
    looked++;
  }
  assert.ok(looked > 12);
});

test("a refusal is a problem by RFC 9457, of a status that the document lists", async () => {
  const answer = await s.get("/api/incidents?cursor=none", { cookie });
  const problem = JSON.parse(answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.ok(Compile(ProblemSchema).Check(problem), answer.text);
  assert.deepEqual([problem.code, problem.status], ["cursor-invalid", PROBLEMS["cursor-invalid"][0]]);
  assert.equal((await s.get("/api/incidents?unknown=1", { cookie })).code, "request-invalid");
});

test("a list is read by cursor to its end, each row once", async () => {
  for (let i = 2; i <= 7; i++) s.keep(incident(`INC-00000${i}`));
  const seen: string[] = [];
  for (let next: string | undefined = ""; next !== undefined; ) {
    const answer = await s.get(`/api/incidents?limit=3${next && `&cursor=${next}`}`, { cookie });
    const page = JSON.parse(answer.text) as { items: { id: string }[]; next?: string };
    seen.push(...page.items.map((i) => i.id));
    next = page.next;
  }
  assert.deepEqual(
    seen,
    [7, 6, 5, 4, 3, 2, 1].map((n) => `INC-00000${n}`),
  );
});
