// Who may be an agent, and who no longer: the revocation list and the approvals that policy asks for. Rules:
// - A revocation counts against every certificate that was issued until then, a renewal under way included; the live connection is cut.
// - After it the agent comes back only by a new token and a person's yes to the key that it shows, whatever the policy says.
// - An approval is for one agent and one key, and is used up by the enrolment.
import type { Registry } from "../protocol/index.ts";
import type { Admission } from "./gateway/admission.ts";
import type { Enrolments } from "./store/enrolments.ts";
import type { Store } from "./store/store.ts";

/** `all`, or the levels and agencies whose agents a person lets in (province.yaml, enrolment.approve). Others come in by their token alone. */
export type ApprovalPolicy = "all" | readonly string[];

type Decided<C> = { ok: true } | { ok: false; code: C };

export interface EnrolmentDesk extends Admission {
  revoke(account: string, agent: string, reason: string): Decided<"agent-unknown" | "reason-required">;
  decide(account: string, agent: string, keySha256: string, yes: boolean): Decided<"enrolment-unknown">;
  requests: Enrolments["requests"];
  revocations: Enrolments["revocations"];
  /** Told at each revocation, after it is kept. */
  onRevoked(hear: (agent: string) => void): void;
}

export interface EnrolmentParts {
  store: Pick<Store, "enrolments" | "audit" | "transaction">;
  registry(): Registry;
  approve: ApprovalPolicy;
  now(): number;
}

/** Keys of one agent that may wait at a time: whoever found a token cannot fill the record with requests. */
const MOST_WAITING = 5;

export function enrolmentDesk({ store, registry, approve, now }: EnrolmentParts): EnrolmentDesk {
  const { enrolments, audit, transaction } = store;
  const revoked = new Map(enrolments.revocations().map((r) => [r.agent, r.at]));
  const hearers: ((agent: string) => void)[] = [];

  const needsApproval = (agent: string): boolean => {
    if (revoked.has(agent) || approve === "all") return true;
    const known = registry();
    const agency = known.agents.find((a) => a.id === agent)?.agency;
    const level = known.agencies.find((a) => a.id === agency)?.level;
    return agency !== undefined && [agency, level].some((id) => id !== undefined && approve.includes(id));
  };
  return {
    revokedAt: (agent) => revoked.get(agent),
    mayEnrol(agent, keySha256, address) {
      if (!needsApproval(agent)) return "yes";
      const request = enrolments.request(agent, keySha256);
      if (request?.state === "approved") return "yes";
      if (request?.state === "refused") return "approval-refused";
      if (!request && enrolments.waitingOf(agent) < MOST_WAITING)
        transaction(() => enrolments.ask(agent, keySha256, now(), address));
      return "approval-pending";
    },
    enrolled(agent) {
      if (needsApproval(agent)) transaction(() => enrolments.forget(agent));
    },
    revoke(account, agent, reason) {
      if (reason.trim() === "") return { ok: false, code: "reason-required" };
      if (!registry().agents.some((a) => a.id === agent) && !revoked.has(agent))
        return { ok: false, code: "agent-unknown" };
      const at = now();
      transaction(() => {
        enrolments.revoke({ agent, at, account, reason });
        enrolments.forget(agent);
        audit.write({ at, account, act: "agent-revoked", subject: agent, detail: {}, personal: { reason } });
      });
      revoked.set(agent, at);
      for (const hear of hearers) hear(agent);
      return { ok: true };
    },
    decide(account, agent, keySha256, yes) {
      const at = now();
      const state = yes ? "approved" : "refused";
      return transaction(() => {
        if (!enrolments.decide(agent, keySha256, state, at, account)) return { ok: false, code: "enrolment-unknown" };
        audit.write({ at, account, act: `enrolment-${state}`, subject: agent, detail: { key: keySha256 } });
        return { ok: true };
      });
    },
    requests: enrolments.requests,
    revocations: enrolments.revocations,
    onRevoked(hear) {
      hearers.push(hear);
    },
  };
}
