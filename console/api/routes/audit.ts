// The audit, read, verified and taken away whole.
import Type from "typebox";
import { verifyChain } from "../../people/audit-chain.ts";
import type { KeptEntry } from "../../people/records.ts";
import { cursorOf, pageAsked } from "../paging.ts";
import { route } from "../route.ts";
import { AuditSchema, PageQuery, pageOf, VerdictSchema } from "../schemas.ts";

const rowOf = ({ entry, personal }: KeptEntry) => ({
  ...entry,
  ...(personal === undefined ? {} : { beside: personal }),
});

export const auditRoutes = [
  route({
    id: "audit",
    method: "GET",
    path: "/api/audit",
    needs: "audit.read",
    summary: "Who did what, newest first",
    query: Type.Object(PageQuery, { additionalProperties: false }),
    personal: true,
    gives: pageOf(AuditSchema),
    refuses: ["cursor-invalid"],
    run: ({ backend }, { query }) => {
      const page = pageAsked(query);
      if ("refused" in page) return page;
      const items = backend.audit.page(page.before, page.limit).map(rowOf);
      const last = items.at(-1);
      return { body: { items, ...(last && last.n > 1 ? { next: cursorOf(last.n) } : {}) } };
    },
  }),
  route({
    id: "verifyAudit",
    method: "GET",
    path: "/api/audit/verify",
    needs: "audit.read",
    summary: "Verify the whole chain; `head` is one that was kept elsewhere",
    query: Type.Object(
      { head: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })) },
      { additionalProperties: false },
    ),
    gives: VerdictSchema,
    run: ({ backend }, { query }) => ({
      body: verifyChain(
        (function* () {
          for (const { entry, personal } of backend.audit.all()) yield [entry, personal] as const;
        })(),
        query.head,
      ),
    }),
  }),
  route({
    id: "exportAudit",
    method: "GET",
    path: "/api/audit/export",
    needs: "audit.read",
    summary: "The whole audit, a JSON object a line, its head last: `vonggac audit verify FILE` checks it anywhere",
    givesType: "application/jsonl",
    personal: true,
    run: ({ backend }) => ({
      lines: {
        type: "application/jsonl",
        of: (function* () {
          for (const kept of backend.audit.all()) yield JSON.stringify(rowOf(kept));
          yield JSON.stringify({ head: backend.audit.head() });
        })(),
      },
    }),
  }),
];
