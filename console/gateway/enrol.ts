// POST /enrol and /enrol/renew: hands a certificate request to the enrolment CA, a process of its own, over its unix
// socket. The gateway holds no key that signs; for a renewal it vouches for the name that TLS has verified.
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { readJson, sendJson, sendProblem } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { messageOf } from "../problem.ts";
import { bucketTable } from "../rate.ts";
import type { Admission } from "./admission.ts";
import { identityOf } from "./identity.ts";
import type { GatewayLimits } from "./limits.ts";
import { networkOf } from "./network.ts";

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const enrolShape = Compile(Type.Object({ token: Text(256), csr: Text(8_192) }, { additionalProperties: false }));
const renewShape = Compile(Type.Object({ csr: Text(8_192) }, { additionalProperties: false }));
const answerShape = Compile(
  Type.Union([
    Type.Object({ ok: Type.Literal(true), certificate: Text(16_384) }),
    Type.Object({ ok: Type.Literal(true), agent: Text(160), keySha256: Text(64) }),
    Type.Object({ ok: Type.Literal(false), code: Text(64), detail: Type.String() }),
  ]),
);
type Answer =
  | { ok: true; certificate?: string; agent?: string; keySha256?: string }
  | { ok: false; code: string; detail: string };

/** The HTTP status that goes with each refusal of the CA; another code is the CA's own trouble. */
const STATUS: Record<string, number> = {
  "token-unknown": 403,
  "token-expired": 403,
  "token-used": 403,
  "csr-invalid": 400,
  "csr-signature-invalid": 400,
  "csr-key-unsupported": 400,
  "csr-agent-mismatch": 403,
  "request-invalid": 400,
  "agent-unknown": 403,
  "approval-pending": 403,
  "approval-refused": 403,
  "client-certificate-revoked": 401,
};
const APPROVAL_RETRY_SECONDS = 15;
const retryOf = (code: string) =>
  code === "approval-pending" ? { "retry-after": String(APPROVAL_RETRY_SECONDS) } : undefined;

const BUSY_CALLS = 32;

export interface EnrolParts {
  enrolSocket: string;
  admission: Admission;
  limits: GatewayLimits;
  knowsAgent(agent: string): boolean;
  now(): number;
  monotonic(): number;
  metrics: Metrics;
  log: Logger;
}

/** A handler of both requests. It answers every one, and never throws. */
export function enrolment(parts: EnrolParts) {
  const { limits } = parts;
  const bucketOf = bucketTable(limits.enrols, 10_000);
  let calls = 0;

  const refuse = (
    response: ServerResponse,
    status: number,
    code: string,
    detail?: string,
    headers?: Record<string, string>,
  ) => {
    parts.metrics.enrolments.inc({ result: code });
    parts.log.warn({ problem: code, at: "enrol", detail });
    sendProblem(response, status, code, detail, headers);
  };

  const ask = (question: Record<string, string>) => askCa(parts.enrolSocket, question, limits.enrolMs);

  /** A revocation that came while the CA signed counts against what it signed. */
  const renewed = async ({ agent, issuedAt }: { agent: string; issuedAt: number }, body: Record<string, string>) => {
    const answer = await ask({ op: "renew", agent, ...body });
    if (answer.ok && issuedAt <= (parts.admission.revokedAt(agent) ?? 0))
      return { ok: false, code: "client-certificate-revoked", detail: agent } as const;
    return { ...answer, agent };
  };
  /** Whose token it is says the CA, before the token is used: then a person may have to say yes to that agent and key. */
  const enrolled = async (body: Record<string, string>, from: string) => {
    const who = await ask({ op: "identify", ...body });
    if (!who.ok) return who;
    const { agent = "", keySha256 = "" } = who;
    const may = parts.admission.mayEnrol(agent, keySha256, from);
    if (may !== "yes") return { ok: false, code: may, detail: `${agent}, key ${keySha256}` } as const;
    const answer = await ask({ op: "enrol", ...body });
    if (answer.ok) parts.admission.enrolled(agent);
    return { ...answer, agent };
  };

  return async (request: IncomingMessage, response: ServerResponse, renew: boolean): Promise<void> => {
    const wait = bucketOf(networkOf(request.socket.remoteAddress), parts.monotonic());
    if (wait > 0)
      return refuse(response, 429, "rate-exceeded", undefined, { "retry-after": String(Math.ceil(wait / 1000)) });
    const identity = renew
      ? identityOf(request.socket as TLSSocket, parts.now(), parts.admission.revokedAt)
      : undefined;
    if (identity && !identity.ok) return refuse(response, 401, identity.code, identity.detail);
    if (identity && !parts.knowsAgent(identity.agent)) return refuse(response, 403, "agent-unknown");
    const body = await readJson(request, limits.enrolBodyBytes, limits.requestMs);
    if (!body.ok) return refuse(response, body.status, body.code, undefined, { connection: "close" });
    const shape = renew ? renewShape : enrolShape;
    if (!shape.Check(body.value))
      return refuse(response, 400, "request-invalid", "token and csr are expected, as texts");
    if (calls >= BUSY_CALLS) return refuse(response, 503, "try-later", undefined, { "retry-after": "2" });
    calls += 1;
    try {
      const from = request.socket.remoteAddress ?? "";
      const asked = body.value as Record<string, string>;
      const answer = identity ? await renewed(identity, asked) : await enrolled(asked, from);
      if (!answer.ok)
        return refuse(response, STATUS[answer.code] ?? 502, answer.code, answer.detail, retryOf(answer.code));
      parts.metrics.enrolments.inc({ result: renew ? "renewed" : "enrolled" });
      parts.log.info({ event: renew ? "renewed" : "enrolled", agent: answer.agent, from });
      sendJson(response, 200, { certificate: answer.certificate });
    } catch (error) {
      refuse(response, 503, "enrolment-unavailable", messageOf(error), { "retry-after": "5" });
    } finally {
      calls -= 1;
    }
  };
}

const MOST_ANSWER = 64 * 1024;

/** One line out, one line back. Rejects when the CA does not answer within `timeoutMs` or answers what is no answer. */
function askCa(socketPath: string, question: unknown, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = "";
    const end = (act: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`the CA did not answer within ${timeoutMs} ms`))),
      timeoutMs,
    );
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify(question)}\n`));
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("close", () => end(() => reject(new Error("the CA closed the connection"))));
    socket.on("data", (chunk: string) => {
      text += chunk;
      const newline = text.indexOf("\n");
      if (newline < 0) {
        if (text.length > MOST_ANSWER) end(() => reject(new Error("the CA's answer is too long")));
        return;
      }
      end(() => {
        const answer = parsed(text.slice(0, newline));
        if (answerShape.Check(answer)) resolve(answer as Answer);
        else reject(new Error("the CA's answer has not the shape of one"));
      });
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
