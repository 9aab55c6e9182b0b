// One HTTPS request for a certificate: POST <enrol> {token, csr}, or POST <enrol>/renew {csr} with the certificate in use.
import { createPrivateKey } from "node:crypto";
import { request } from "node:https";
import { certificateRequest } from "./wire/csr.ts";

/** `token`: first enrolment. `identity`: renewal. */
export interface Question {
  agent: string;
  url: string;
  serverName: string;
  /** PEM: who vouches for the console. */
  roots: string;
  /** PKCS #8 PEM, EC P-256: the request is signed with it, and it stays here. */
  key: string;
  token?: string;
  identity?: { key: string; certificate: string };
}
export type Reply =
  | { ok: true; certificate: string }
  | { ok: false; why: "unreachable" | "refused" | "failed"; detail: string };

const TIMEOUT_MS = 15_000;
const MAX_BODY = 262_144;

/** Asks once. Never throws for what the network or the other side does. */
export function askConsole(question: Question): Promise<Reply> {
  const { agent, url, serverName, roots, token, identity } = question;
  const csr = certificateRequest(createPrivateKey(question.key), agent, `urn:vonggac:agent:${agent}`);
  const body = JSON.stringify(token === undefined ? { csr } : { token, csr });
  return new Promise((resolve) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent: false,
        ca: roots,
        servername: serverName,
        minVersion: "TLSv1.3",
        timeout: TIMEOUT_MS,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        ...(identity && { key: identity.key, cert: identity.certificate }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > MAX_BODY) sent.destroy(new Error("the answer is too long"));
        });
        response.on("end", () => resolve(readReply(response.statusCode ?? 0, text)));
        response.on("error", (error) => resolve({ ok: false, why: "unreachable", detail: error.message }));
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, why: "unreachable", detail: error.code ?? error.message }),
    );
    sent.end(body);
  });
}

function readReply(status: number, text: string): Reply {
  let value: { certificate?: unknown } | null | undefined;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (status === 200 && typeof value?.certificate === "string") return { ok: true, certificate: value.certificate };
  // 4xx but 429: the console looked at the request and will not have it. All else may pass.
  const isFinal = status >= 400 && status < 500 && status !== 429;
  return { ok: false, why: isFinal ? "refused" : "failed", detail: `${status} ${text.slice(0, 300)}` };
}
