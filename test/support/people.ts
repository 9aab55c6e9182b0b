// People of a standing lab, as they come in: an invitation, a password, a second factor, a token of their own. What they then do goes
// by the command line with that token, or by REST where an answer is only looked at. May touch: the lab's screen port, child processes.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { codeOf, stepAt } from "../../console/people/totp.ts";
import { PORT, STACK, vonggac } from "./lab.ts";

const URL_OF_LAB = `http://127.0.0.1:${PORT}`;
const TOKEN_LIFE_MS = 2 * 3_600_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export interface Answer<T = unknown> {
  status: number;
  /** Of a refusal (RFC 9457). */
  code?: string;
  body: T;
  text: string;
}

export interface Person {
  name: string;
  /** REST, with this person's token. */
  ask<T>(method: string, at: string, body?: unknown): Promise<Answer<T>>;
  /** GET that must succeed. */
  look<T>(at: string): Promise<T>;
  /** `vonggac api call …` with this person's token; must succeed. */
  act<T>(method: string, at: string, body?: unknown): Promise<T>;
  /** The same, refused: gives the stable name of the refusal. */
  refused(method: string, at: string, body?: unknown): Promise<string>;
}

const folder = mkdtempSync(path.join(tmpdir(), "vonggac-people-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Makes an account on the lab's console, signs it in once and takes a token. `name` must be new there. */
export async function person(name: string, roles: string[], agencies: string[] = []): Promise<Person> {
  const limits = agencies.length > 0 ? ["--agencies", agencies.join(",")] : [];
  const added = await vonggac(
    ...["account", "add", name, "--display", name, "--roles", roles.join(","), ...limits, "--json", "--stack", STACK],
  );
  assert.equal(added.code, 0, added.stderr);
  const { invitation } = JSON.parse(added.stdout) as { invitation: { code: string } };
  const invited = await door<{ ticket: string }>("/api/signin", { code: invitation.code });
  const password = `keeps watch ${invitation.code}`;
  const { ticket } = (
    await door<{ ticket: string }>("/api/signin/new-password", { ticket: invited.body.ticket, password })
  ).body;
  const { secret } = (await door<{ secret: string }>("/api/signin/new-factor", { ticket })).body;
  const code = codeOf(bytesOf(secret), stepAt(Date.now()));
  const { cookie } = await door("/api/signin/second", { ticket, code });
  const asked = {
    label: "story",
    roles,
    ...(agencies.length > 0 ? { agencies } : {}),
    expiresAt: Date.now() + TOKEN_LIFE_MS,
  };
  const made = await door<{ secret: string }>("/api/me/tokens", asked, cookie);
  return withToken(name, made.body.secret);
}

function withToken(name: string, token: string): Person {
  const file = path.join(folder, `${name}.token`);
  writeFileSync(file, token);
  chmodSync(file, 0o600);
  const cli = (method: string, at: string, body?: unknown) => {
    const data = body === undefined ? [] : ["--data", JSON.stringify(body)];
    return vonggac("api", "call", method, at, ...data, "--url", URL_OF_LAB, "--token-file", file);
  };
  const ask = async <T>(method: string, at: string, body?: unknown): Promise<Answer<T>> => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const answer = await fetch(`${URL_OF_LAB}${at}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answerOf<T>(answer.status, await answer.text());
  };
  return {
    name,
    ask,
    async look<T>(at: string) {
      const answer = await ask<T>("GET", at);
      assert.equal(answer.status, 200, `${name}: GET ${at}: ${answer.text.slice(0, 300)}`);
      return answer.body;
    },
    async act<T>(method: string, at: string, body?: unknown) {
      const ran = await cli(method, at, body);
      assert.equal(ran.code, 0, `${name}: ${method} ${at}: ${ran.stderr}`);
      return JSON.parse(ran.stdout) as T;
    },
    async refused(method, at, body) {
      const ran = await cli(method, at, body);
      assert.equal(ran.code, 1, `${name}: ${method} ${at} was not refused: ${ran.stdout.slice(0, 300)}`);
      const found = /\| ([a-z]+(?:-[a-z]+)+)/.exec(ran.stderr)?.[1];
      assert.ok(found, ran.stderr);
      return found;
    },
  };
}

/** One step of the sign-in, which must succeed, as the console's own page takes it. */
async function door<T>(at: string, body: unknown, cookie = ""): Promise<Answer<T> & { cookie: string }> {
  const answer = await fetch(`${URL_OF_LAB}${at}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-vonggac": "1", origin: URL_OF_LAB, ...(cookie && { cookie }) },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${at}: ${answer.status} ${text.slice(0, 300)}`);
  const set = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  return { ...answerOf<T>(answer.status, text), cookie: set };
}

function answerOf<T>(status: number, text: string): Answer<T> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const code = (body as { code?: string } | undefined)?.code;
  return { status, text, body: body as T, ...(code === undefined ? {} : { code }) };
}

/** RFC 4648 §6, as the console shows a new second factor. */
function bytesOf(base32: string): Uint8Array {
  const bits = [...base32].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g)!, (byte) => Number.parseInt(byte, 2));
}
