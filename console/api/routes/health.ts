// Whether the console lives and takes what comes, for whoever watches it; and what the API is.
import Type from "typebox";
import { route } from "../route.ts";

const Ok = Type.Object({ ok: Type.Boolean() });

export const healthRoutes = [
  route({
    id: "health",
    method: "GET",
    path: "/healthz",
    needs: "public",
    summary: "The process lives",
    gives: Ok,
    run: () => ({ body: { ok: true } }),
  }),
  route({
    id: "readiness",
    method: "GET",
    path: "/readyz",
    needs: "public",
    summary: "The record takes what comes (503: it does not). Says no more: it is asked without a session",
    gives: Ok,
    run: ({ backend }) => {
      const ok = backend.status().ready;
      return { status: ok ? 200 : 503, body: { ok } };
    },
  }),
  route({
    id: "document",
    method: "GET",
    path: "/api/openapi.json",
    needs: "public",
    summary: "This API, as OpenAPI 3.1",
    gives: Type.Object({ openapi: Type.String() }),
    run: (api) => ({ body: api.document() }),
  }),
];
