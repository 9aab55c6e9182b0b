// A webhook: one POST over https, signed as Standard Webhooks says (standardwebhooks.com), so that receivers may use what exists:
//   webhook-id         the message's id, the same at each try: drop what you have
//   webhook-timestamp  seconds since 1970, of this try; refuse what is more than five minutes from your clock (replay)
//   webhook-signature  v1,<base64 of HMAC-SHA256 over "<id>.<timestamp>.<body>">
// No redirect is followed, the address is judged, the answer's body is not read further than needed (SSRF).
import { createHmac } from "node:crypto";
import { request } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type AddressPolicy, urlFault } from "../../outbound/address.ts";
import { messageOf, Problem } from "../../problem.ts";
import type { Channel, Message, Outcome } from "../ports.ts";

export interface WebhookParts {
  url: string;
  keySecret: string;
  secret(name: string): string;
  lookup: LookupFunction;
  addresses: AddressPolicy;
  roots?: string[];
  now(): number;
  withinMs?: number;
}

const WITHIN_MS = 15_000;

export const webhookChannel = (parts: WebhookParts): Channel => ({
  send: (message) => post(parts, message.id, JSON.stringify(bodyOf(message))),
});

/** The signature of a body under a key as it stands in its file: plain, or `whsec_` and base64. */
export function signatureOf(key: string, id: string, timestampSeconds: number, body: string): string {
  const bytes = key.startsWith("whsec_") ? Buffer.from(key.slice(6), "base64") : Buffer.from(key, "utf8");
  return `v1,${createHmac("sha256", bytes).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
}

/** Posts a signed body once. Never throws. */
export async function post(parts: WebhookParts, id: string, body: string): Promise<Outcome> {
  const { url } = parts;
  // Judged again at each use: what may be reached can change under a document that stays.
  const fault = urlFault(url, parts.addresses);
  if (fault) return broken(fault, "this address may not be sent to");
  try {
    const at = Math.floor(parts.now() / 1000);
    const signature = signatureOf(parts.secret(parts.keySecret), id, at, body);
    const status = await posted(parts, body, { id, at: String(at), signature });
    if (status >= 200 && status < 300) return { ok: true };
    // 410: the receiver wants no more of it. Anything else may be mended there.
    if (status === 410 || status === 422 || status === 413)
      return { ok: false, of: "receiver", final: true, code: `http-${status}`, detail: "the receiver refused it" };
    return broken(
      `http-${status}`,
      status >= 300 && status < 400 ? "a redirect, which is not followed" : "an error there",
    );
  } catch (error) {
    if (error instanceof Problem) return broken(error.code, error.message);
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return broken(code.startsWith("address-") ? code : codeOf(code), messageOf(error).slice(0, 300));
  }
}

const codeOf = (code: string): string =>
  code === "ETIMEDOUT"
    ? "http-timeout"
    : /CERT|TLS|SIGNED|ALTNAME|UNABLE_TO/.test(code)
      ? "http-certificate"
      : "http-unreachable";

const broken = (code: string, detail: string): Outcome => ({ ok: false, of: "channel", final: false, code, detail });

function posted(
  { url, lookup, roots, withinMs = WITHIN_MS }: WebhookParts,
  body: string,
  signed: { id: string; at: string; signature: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname } = new URL(url);
    const sent = request(url, {
      method: "POST",
      lookup,
      agent: false,
      minVersion: "TLSv1.2",
      ...(roots ? { ca: roots } : {}),
      ...(isIP(hostname.replace(/^\[|\]$/g, "")) ? {} : { servername: hostname }),
      headers: {
        "content-type": "application/json; charset=utf-8",
        "content-length": Buffer.byteLength(body),
        "user-agent": "vonggac",
        "webhook-id": signed.id,
        "webhook-timestamp": signed.at,
        "webhook-signature": signed.signature,
      },
    });
    const timer = setTimeout(
      () => sent.destroy(Object.assign(new Error(`no answer within ${withinMs} ms`), { code: "ETIMEDOUT" })),
      withinMs,
    );
    sent.once("close", () => clearTimeout(timer));
    sent.once("error", reject);
    sent.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.end(body);
  });
}

/** What a webhook says: the words for people, and the incident as this receiver may know it, for programs. */
function bodyOf(m: Message) {
  const i = m.incident;
  return {
    type: `vonggac.${m.kind}`,
    id: m.id,
    timestamp: new Date(m.at).toISOString(),
    urgent: m.urgent,
    language: m.language,
    subject: m.subject,
    summary: m.summary,
    url: m.url,
    ...(i
      ? {
          incident: {
            id: i.id,
            class: i.class,
            severity: i.severity,
            state: i.state,
            cause: i.cause,
            impact: i.impact,
            detectedAt: i.detectedAt,
            openedAt: i.openedAt,
            ...(i.reopenedAt === undefined ? {} : { reopenedAt: i.reopenedAt }),
            ...(i.recoveredAt === undefined ? {} : { recoveredAt: i.recoveredAt }),
            ...(i.restricted ? { restricted: true } : {}),
          },
        }
      : {}),
  };
}
