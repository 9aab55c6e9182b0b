// Agents' certificates and software: who asks to be let in where a person has to say so, who is put out, and what runs there.
import Type from "typebox";
import { refuse, route } from "../route.ts";
import { EnrolmentSchema, Name, RevocationSchema, SoftwareSchema } from "../schemas.ts";

const Agent = Type.Object({ id: Name });
const Done = Type.Object({ done: Type.Literal(true) });

export const enrolmentRoutes = [
  route({
    id: "enrolments",
    method: "GET",
    path: "/api/enrolments",
    needs: "system.manage",
    summary: "Agents that ask to be enrolled, with the fingerprint of their key; those that wait first",
    gives: Type.Object({ items: Type.Array(EnrolmentSchema) }),
    run: ({ backend }) => ({ body: { items: backend.enrolments.requests() } }),
  }),
  route({
    id: "decideEnrolment",
    method: "POST",
    path: "/api/agents/{id}/enrolment",
    needs: "system.manage",
    proof: true,
    summary: "Let an agent in with the key that it shows, or refuse it",
    params: Agent,
    body: Type.Object(
      {
        keySha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        decision: Type.Enum(["approve", "refuse"]),
      },
      { additionalProperties: false },
    ),
    gives: Done,
    refuses: ["enrolment-unknown"],
    run: ({ backend }, { who, params, body }) => {
      const yes = body.decision === "approve";
      const result = backend.enrolments.decide(who.account, params.id, body.keySha256, yes);
      return result.ok ? { body: { done: true } } : refuse(result.code);
    },
  }),
  route({
    id: "revocations",
    method: "GET",
    path: "/api/revocations",
    needs: "system.manage",
    summary: "Agents whose certificates were revoked, newest first",
    gives: Type.Object({ items: Type.Array(RevocationSchema) }),
    run: ({ backend }) => ({ body: { items: backend.enrolments.revocations() } }),
  }),
  route({
    id: "revokeAgent",
    method: "POST",
    path: "/api/agents/{id}/revocation",
    needs: "system.manage",
    proof: true,
    summary:
      "Revoke every certificate of an agent and cut its connection; it comes back by a new token and an approval",
    params: Agent,
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }, { additionalProperties: false }),
    gives: Done,
    refuses: ["agent-unknown", "reason-required"],
    run: ({ backend }, { who, params, body }) => {
      const result = backend.enrolments.revoke(who.account, params.id, body.reason);
      return result.ok ? { body: { done: true } } : refuse(result.code);
    },
  }),
  route({
    id: "software",
    method: "GET",
    path: "/api/software",
    needs: "system.manage",
    summary: "What runs at the agents: versions, the release that is offered, and what became of releases and names",
    gives: SoftwareSchema,
    run: ({ backend: { software } }) => {
      const offer = software.offer();
      return { body: { heard: software.heard(), ...(offer && { offer }), news: software.news() } };
    },
  }),
];
