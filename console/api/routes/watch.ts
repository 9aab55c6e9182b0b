// What is watched and how it stands.
import Type from "typebox";
import { pageAsked, pageOfList } from "../paging.ts";
import { route } from "../route.ts";
import { AgencySchema, AgentSchema, Name, PageQuery, pageOf, TargetSchema } from "../schemas.ts";

export const watchRoutes = [
  route({
    id: "agencies",
    method: "GET",
    path: "/api/agencies",
    needs: "watch.read",
    summary: "Agencies that one may see",
    gives: Type.Object({ items: Type.Array(AgencySchema) }),
    run: (_api, { reader }) => ({ body: { items: reader.agencies() } }),
  }),
  route({
    id: "agents",
    method: "GET",
    path: "/api/agents",
    needs: "watch.read",
    summary: "Agents, and whether they are heard",
    gives: Type.Object({ items: Type.Array(AgentSchema) }),
    run: (_api, { reader }) => ({ body: { items: reader.agents() } }),
  }),
  route({
    id: "targets",
    method: "GET",
    path: "/api/targets",
    needs: "watch.read",
    summary: "What every check last said",
    query: Type.Object({ ...PageQuery, agency: Type.Optional(Name) }, { additionalProperties: false }),
    gives: pageOf(TargetSchema),
    refuses: ["cursor-invalid"],
    run: (_api, { reader, query }) => {
      const page = pageAsked(query);
      if ("refused" in page) return page;
      const { agency } = query;
      const targets = reader.targets();
      return { body: pageOfList(agency === undefined ? targets : targets.filter((t) => t.agency === agency), page) };
    },
  }),
  route({
    id: "feed",
    method: "GET",
    path: "/feed",
    needs: "watch.read",
    summary: "The live feed (WebSocket): a snapshot, then what changed; `run` and `after` go on where one was",
    query: Type.Object({ run: Type.Optional(Type.String()), after: Type.Optional(Type.String()) }),
    upgrade: true,
    status: 101,
    run: () => ({}),
  }),
];
