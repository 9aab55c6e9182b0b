// The few requests that the screen makes. Each answers with a closed set of outcomes; none throws.

import type { Act } from "../../../protocol/lifecycle.ts";
import { askDevice } from "./passkey.ts";
import { askProof } from "./proof.ts";

export type SignInOutcome =
  | { ok: true }
  | { ok: false; code: "wrong" | "expired" | "unreachable" }
  | { ok: false; code: "throttled"; seconds: number }
  | { ok: false; code: "unexpected"; status: number };

export type ActionOutcome = Answer<unknown>;
/** What came of a call. `cancelled`: the person was asked to prove who they are, and would not. */
export type Answer<T> =
  | { ok: true; value: T }
  | { ok: false; code: "unreachable" | "signed-out" | "cancelled" }
  /** `problem`: the console's stable name for why (RFC 9457); `detail`: its own words, for names that we do not know. */
  | { ok: false; code: "refused"; problem: string; detail: string };

/** Who is signed in, and what they may do. */
export interface Me {
  account: string;
  roles: string[];
  permissions: string[];
  /** `null`: the whole province. */
  agencies: string[] | null;
  /** How many passkeys they have. */
  passkeys: number;
  /** No account of a person exists yet. */
  firstRun: boolean;
}

const HEADERS = { "content-type": "application/json", "x-vonggac": "1" };

/** What a step of the sign-in leads to: in, or one step further. */
export type StepOutcome =
  | { ok: true; in: true; recoveryCodes: string[] }
  | { ok: true; in: false; next: "second-factor" | "enrol" | "set-password"; ticket: string; passkey: boolean }
  | Exclude<SignInOutcome, { ok: true }>
  | { ok: false; code: "refused"; problem: string };

/** Whether people have accounts here, beside the one-time code of whoever holds the machine. */
export async function waysIn(): Promise<{ password: boolean; provider?: string }> {
  try {
    return (await (await fetch("/api/signin")).json()) as { password: boolean; provider?: string };
  } catch {
    return { password: false };
  }
}

/** Trades a one-time code for a session, or an invitation for the step at which a password is set. */
export const signIn = (code: string): Promise<StepOutcome> => step("/api/signin", { code });
export const signInByPassword = (account: string, password: string): Promise<StepOutcome> =>
  step("/api/signin/password", { account, password });
export const setPassword = (ticket: string, password: string): Promise<StepOutcome> =>
  step("/api/signin/new-password", { ticket, password });
export const secondFactor = (ticket: string, code: string): Promise<StepOutcome> =>
  step("/api/signin/second", { ticket, code });

/** The second factor by a passkey; at the first sign-in it makes one. */
export async function byPasskey(ticket: string): Promise<StepOutcome> {
  const asked = await callOnce<{ options: never }>("POST", "/api/signin/passkey/options", { ticket });
  if (!asked.ok) return asked.code === "refused" ? asked : { ok: false, code: "unreachable" };
  const answer = await askDevice(asked.value.options);
  return answer
    ? step("/api/signin/passkey", { ticket, answer })
    : { ok: false, code: "refused", problem: "passkey-none" };
}

/** The secret of a new second factor, to be taken into an authenticator; undefined when the sign-in has run out. */
export async function newFactor(ticket: string): Promise<{ secret: string; uri: string } | undefined> {
  const response = await post("/api/signin/new-factor", { ticket });
  return response?.ok ? ((await response.json()) as { secret: string; uri: string }) : undefined;
}

async function step(path: string, body: object): Promise<StepOutcome> {
  const response = await post(path, body);
  if (!response) return { ok: false, code: "unreachable" };
  if (response.ok) {
    const said = (await response.json()) as {
      next?: never;
      ticket?: string;
      passkey?: boolean;
      recoveryCodes?: string[];
    };
    if (said.next !== undefined)
      return { ok: true, in: false, next: said.next, ticket: said.ticket ?? "", passkey: said.passkey ?? false };
    return { ok: true, in: true, recoveryCodes: said.recoveryCodes ?? [] };
  }
  const said = await problemOf(response);
  if (response.status === 429) return { ok: false, code: "throttled", seconds: said.retryAfterSeconds };
  if (said.code === "code-expired") return { ok: false, code: "expired" };
  if (said.code === "code-wrong" || said.code === "code-required") return { ok: false, code: "wrong" };
  if (said.code === "") return { ok: false, code: "unexpected", status: response.status };
  return { ok: false, code: "refused", problem: said.code };
}

/** Ends the session at the console. True also when the console says that there was none. */
export async function signOut(): Promise<boolean> {
  const response = await post("/api/signout", {});
  return response !== undefined && (response.ok || response.status === 401);
}

/** Moves an incident along its life, or refuses by name. */
export const actOn = (incident: string, { kind, ...body }: Act): Promise<ActionOutcome> =>
  postTo(`/api/incidents/${encodeURIComponent(incident)}/${kind}`, body);

/** Who is signed in: `undefined` for nobody, or that nobody could be asked. */
export async function whoAmI(): Promise<Me | undefined | "unreachable"> {
  try {
    const response = await fetch("/api/me", { headers: { accept: "application/json" } });
    if (response.status === 401 || response.status === 403) return undefined;
    return response.ok ? ((await response.json()) as Me) : "unreachable";
  } catch {
    return "unreachable";
  }
}

/** Posts and tells what came of it. */
export const postTo = (path: string, body: object): Promise<ActionOutcome> => call("POST", path, body);

/**
 * One call of the API. Where it asks for a fresh proof of who the person is, they are asked for one, and the call is made again:
 * whoever calls need not know which acts are hard to undo.
 */
export async function call<T>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  body?: object,
): Promise<Answer<T>> {
  const first = await callOnce<T>(method, path, body);
  if (first.ok || first.code !== "refused" || first.problem !== "proof-required") return first;
  return (await askProof()) ? callOnce<T>(method, path, body) : { ok: false, code: "cancelled" };
}

async function callOnce<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const response = await send(method, path, body);
  if (!response) return { ok: false, code: "unreachable" };
  if (response.ok) return { ok: true, value: (await response.json()) as T };
  if (response.status === 401) return { ok: false, code: "signed-out" };
  const { code, detail } = await problemOf(response);
  return { ok: false, code: "refused", problem: code, detail: detail || code || String(response.status) };
}

/** Proves again who holds this session; the call that asked for it is then made again. */
export const prove = (code: string): Promise<Answer<unknown>> => callOnce("POST", "/api/me/proof", { code });

/** The same by a passkey. */
export async function proveByPasskey(): Promise<Answer<unknown>> {
  const asked = await callOnce<{ options: never }>("POST", "/api/me/proof/passkey/options", {});
  if (!asked.ok) return asked;
  const answer = await askDevice(asked.value.options);
  return answer ? callOnce("POST", "/api/me/proof/passkey", { answer }) : NO_DEVICE;
}

/** Makes a passkey on this person's device and has the console keep it. */
export async function makePasskey(label: string): Promise<Answer<unknown>> {
  const asked = await call<{ options: never }>("POST", "/api/me/passkeys/options", {});
  if (!asked.ok) return asked;
  const answer = await askDevice(asked.value.options);
  return answer ? call("POST", "/api/me/passkeys", { answer, label }) : NO_DEVICE;
}
const NO_DEVICE = { ok: false, code: "refused", problem: "passkey-none", detail: "" } as const;

const post = (path: string, body: object) => send("POST", path, body);

async function send(method: string, path: string, body?: object): Promise<Response | undefined> {
  try {
    return await fetch(path, { method, headers: HEADERS, ...(body && { body: JSON.stringify(body) }) });
  } catch {
    return undefined;
  }
}

async function problemOf(response: Response): Promise<{ code: string; detail: string; retryAfterSeconds: number }> {
  const said = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const seconds = Number(response.headers.get("retry-after"));
  return {
    code: String(said["code"] ?? ""),
    detail: String(said["detail"] ?? ""),
    retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 60,
  };
}
