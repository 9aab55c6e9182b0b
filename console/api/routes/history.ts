// What was: counts an hour, and a search through everything that was wrong.
import Type from "typebox";
import { cursorOf, pageAsked } from "../paging.ts";
import { route } from "../route.ts";
import { FoundSchema, HourSchema, PageQuery, pageOf } from "../schemas.ts";

const Digits = Type.String({ pattern: "^\\d{1,15}$", description: "Milliseconds since 1970-01-01T00:00Z." });
const DAY_MS = 86_400_000;

export const historyRoutes = [
  route({
    id: "hours",
    method: "GET",
    path: "/api/history/hours",
    needs: "watch.read",
    summary: "Reports and detections an hour, by agency and check, newest first; without `from` the last day",
    query: Type.Object({ from: Type.Optional(Digits), to: Type.Optional(Digits) }, { additionalProperties: false }),
    gives: Type.Object({ items: Type.Array(HourSchema) }),
    run: ({ backend }, { reader, query }) => {
      const to = Number(query.to ?? backend.now() + 1);
      return { body: { items: reader.hours(Number(query.from ?? to - DAY_MS), to) } };
    },
  }),
  route({
    id: "rebuildHistory",
    method: "POST",
    path: "/api/history/rebuild",
    needs: "system.manage",
    summary: "Throw counts and search index away, and have them made anew from the log",
    status: 202,
    gives: Type.Object({ started: Type.Literal(true) }),
    run: ({ backend }, { who }) => {
      backend.rebuildHistory();
      backend.transaction(() =>
        backend.audit.write({
          at: backend.now(),
          account: who.account,
          act: "history-rebuilt",
          subject: "history",
          detail: {},
        }),
      );
      return { status: 202, body: { started: true } };
    },
  }),
  route({
    id: "search",
    method: "GET",
    path: "/api/search",
    needs: "evidence.read",
    summary:
      "Findings and detections by the words in them, newest first; marks do not matter, the last word may be a beginning",
    query: Type.Object(
      { ...PageQuery, q: Type.String({ minLength: 1, maxLength: 200 }) },
      { additionalProperties: false },
    ),
    personal: true,
    gives: pageOf(FoundSchema),
    refuses: ["cursor-invalid"],
    run: (_api, { reader, query }) => {
      const page = pageAsked(query);
      if ("refused" in page) return page;
      const { items, next } = reader.search({ ...page, words: query.q });
      return { body: { items, ...(next === undefined ? {} : { next: cursorOf(next) }) } };
    },
  }),
];
