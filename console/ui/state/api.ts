// The few requests that the screen makes. Each answers with a closed set of outcomes; none throws.

import type { Act } from "../../../protocol/lifecycle.ts";

export type SignInOutcome =
  | { ok: true }
  | { ok: false; code: "wrong" | "expired" | "unreachable" }
  | { ok: false; code: "throttled"; seconds: number }
  | { ok: false; code: "unexpected"; status: number };

export type ActionOutcome =
  | { ok: true }
  | { ok: false; code: "unreachable" | "signed-out" }
  /** `problem`: the console's stable name for why (RFC 9457); `detail`: its own words, for names that we do not know. */
  | { ok: false; code: "refused"; problem: string; detail: string };

/** Who is signed in: an account's name, `undefined` for nobody, or that nobody could be asked. */
export type Me = { account: string } | undefined | "unreachable";

const HEADERS = { "content-type": "application/json", "x-vonggac": "1" };

/** Trades a one-time code for a session cookie. */
export async function signIn(code: string): Promise<SignInOutcome> {
  const response = await post("/api/signin", { code });
  if (!response) return { ok: false, code: "unreachable" };
  if (response.ok) return { ok: true };
  const said = await problemOf(response);
  if (response.status === 429) return { ok: false, code: "throttled", seconds: said.retryAfterSeconds };
  if (said.code === "code-expired") return { ok: false, code: "expired" };
  if (said.code === "code-wrong" || said.code === "code-required") return { ok: false, code: "wrong" };
  return { ok: false, code: "unexpected", status: response.status };
}

/** Ends the session at the console. True also when the console says that there was none. */
export async function signOut(): Promise<boolean> {
  const response = await post("/api/signout", {});
  return response !== undefined && (response.ok || response.status === 401);
}

/** Moves an incident along its life, or refuses by name. */
export const actOn = (incident: string, { kind, ...body }: Act): Promise<ActionOutcome> =>
  postTo(`/api/incidents/${encodeURIComponent(incident)}/${kind}`, body);

export async function whoAmI(): Promise<Me> {
  try {
    const response = await fetch("/api/me", { headers: { accept: "application/json" } });
    if (response.status === 401 || response.status === 403) return undefined;
    if (!response.ok) return "unreachable";
    const said = (await response.json()) as { account?: unknown };
    return { account: typeof said.account === "string" ? said.account : "" };
  } catch {
    return "unreachable";
  }
}

/** Posts and tells what came of it. */
export async function postTo(path: string, body: object): Promise<ActionOutcome> {
  const response = await post(path, body);
  if (!response) return { ok: false, code: "unreachable" };
  if (response.ok) return { ok: true };
  if (response.status === 401) return { ok: false, code: "signed-out" };
  const { code, detail } = await problemOf(response);
  return { ok: false, code: "refused", problem: code, detail: detail || code || String(response.status) };
}

async function post(path: string, body: object): Promise<Response | undefined> {
  try {
    return await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
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
