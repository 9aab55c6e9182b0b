// From a request to a row of the table and its answer. Rules, in this order, for every row alike: how often, from which page
// (CSRF), who, may they, proved lately, of what shape, seen before (idempotency); then the row's own function; then, where it
// shows personal data, the look is in the audit before the answer leaves.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Compile, type Validator } from "typebox/compile";
import { readJson, sendJson, sendProblem } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Principal } from "../people/scope.ts";
import { messageOf } from "../problem.ts";
import { bucketTable } from "../rate.ts";
import { PROOF_FRESH_MS, SESSION_LIVES_MS } from "./desk/sessions.ts";
import { flowCookie, sameOrigin, sessionCookie, setCookie, setFlowCookie, siteOf } from "./origin.ts";
import { PROBLEMS } from "./problems.ts";
import { type Api, type Call, type Done, type Refused, type Reply, type Route, refuse } from "./route.ts";
import { sendLines } from "./send-lines.ts";

export interface RouterParts {
  api: Api;
  routes: readonly Route[];
  url: URL;
  metrics: Metrics;
  log: Logger;
}

/** Requests that a rested caller may make at once, and how many come back a second. */
const RATES = {
  stranger: { burst: 60, perSecond: 10 },
  read: { burst: 200, perSecond: 50 },
  write: { burst: 40, perSecond: 10 },
} as const;
const MOST_CALLERS = 10_000;
const KEY = /^[\x21-\x7e]{8,128}$/;

interface Compiled {
  route: Route;
  segments: string[];
  params: Validator;
  query: Validator;
  body: Validator | undefined;
}

export type Router = ReturnType<typeof createRouter>;

export function createRouter({ api, routes, url, metrics, log }: RouterParts) {
  const { backend, desk } = api;
  const table = routes.map(compile);
  const limits = {
    stranger: bucketTable(RATES.stranger, MOST_CALLERS),
    read: bucketTable(RATES.read, MOST_CALLERS),
    write: bucketTable(RATES.write, MOST_CALLERS),
  };

  const find = (method: string, path: string) => {
    const fitting = table.flatMap((row) => {
      const params = match(row.segments, path);
      return params && row.params.Check(params) ? [{ row, params }] : [];
    });
    const found = fitting.find(({ row }) => row.route.method === method);
    return { found, allow: fitting.map(({ row }) => row.route.method) };
  };

  /** Who asks, by cookie or token; a refusal for a token that is none. */
  const whoAsks = (request: IncomingMessage): { who?: Principal; cookie?: string } | Refused => {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const who = header.startsWith("Bearer ") ? desk.byToken(header.slice(7).trim()) : undefined;
      return who ? { who } : refuse("token-invalid");
    }
    const cookie = sessionCookie(request, url);
    const who = cookie === undefined ? undefined : desk.byCookie(cookie);
    return who && cookie !== undefined ? { who, cookie } : {};
  };

  /** A page elsewhere can neither set this header nor name our origin (CSRF). A token is no browser's. */
  const forged = (request: IncomingMessage): Refused | undefined => {
    if (request.method === "GET" || request.method === "HEAD" || request.headers.authorization !== undefined)
      return undefined;
    if (!sameOrigin(request, url)) return refuse("origin-refused");
    return request.headers["x-vonggac"] === "1" ? undefined : refuse("header-required", "x-vonggac: 1");
  };

  const tooOften = (who: Principal | undefined, route: Route, address: string): Refused | undefined => {
    const mono = backend.monotonic();
    const wait = who
      ? limits[route.method === "GET" ? "read" : "write"](`${who.via} ${who.account}`, mono)
      : limits.stranger(address, mono);
    return wait === 0 ? undefined : { refused: "too-many-requests", retryAfterMs: wait };
  };

  const run = async (route: Route, call: Call<never, never, never>, request: IncomingMessage): Promise<Reply> => {
    const key = request.headers["idempotency-key"];
    const plain = key === undefined || route.method === "GET" || route.needs === "public";
    const reply = plain ? await route.run(api, call) : await runOnce(api, route, call, String(key), request.url ?? "");
    if (!route.personal || "refused" in reply) return reply;
    const { account } = call.who;
    const subject = Object.values(call.params as Record<string, string>)[0] ?? route.id;
    backend.transaction(() =>
      backend.audit.write({
        at: backend.now(),
        account,
        act: "personal-data-read",
        subject,
        detail: { route: route.id, via: call.who.via },
      }),
    );
    return reply;
  };

  /** One request. `machine`: it came by the admin socket, and is whoever holds this machine. */
  const answer = async (
    request: IncomingMessage,
    path: string,
    machine?: Principal,
  ): Promise<[Route | undefined, Reply]> => {
    const { found, allow } = find(request.method ?? "", path);
    const address = machine ? "machine" : (request.socket.remoteAddress ?? "");
    if (!found || found.row.route.upgrade) {
      if (allow.length === 0 || found) return [undefined, refuse("not-found")];
      return [undefined, { refused: "method-not-allowed", detail: allow.join(", ") }];
    }
    const { row, params } = found;
    const { route } = row;
    const forgery = machine ? undefined : forged(request);
    if (forgery) return [route, forgery];
    const asking = machine ? { who: machine } : whoAsks(request);
    if ("refused" in asking) {
      // A wrong token costs like a stranger: nobody tries tokens at leisure.
      return [route, tooOften(undefined, route, address) ?? asking];
    }
    const often = machine ? undefined : tooOften(asking.who, route, address);
    if (often) return [route, often];
    const no = mayNot(route, asking.who, backend.now());
    if (no) return [route, no];
    const shape = await shapeOf(row, request);
    if ("refused" in shape) return [route, shape];
    const who = asking.who ?? NOBODY;
    const call = {
      who,
      reader: backend.reader(who),
      params,
      ...shape,
      address,
      cookie: asking.cookie,
      site: siteOf(request, url),
      flow: flowCookie(request),
      url,
      asked: request.url ?? "",
    };
    return [route, await run(route, call as Call<never, never, never>, request)];
  };

  return {
    /** Whether a path is the API's to answer, also when it has no such row. */
    owns: (path: string): boolean =>
      path.startsWith("/api/") || table.some((r) => match(r.segments, path) !== undefined),
    /** Who may open the feed; a refusal else. */
    mayJoin(request: IncomingMessage): { who: Principal; cookie: string | undefined } | Refused {
      const asking = whoAsks(request);
      if ("refused" in asking) return asking;
      const feed = routes.find((r) => r.upgrade)!;
      const no = mayNot(feed, asking.who, backend.now());
      return no ?? { who: asking.who!, cookie: asking.cookie };
    },
    /** Answers one request, whatever happens. */
    async serve(request: IncomingMessage, response: ServerResponse, path: string, machine?: Principal): Promise<void> {
      // Whoever sends too much is cut off, and has no address any more.
      const from = request.socket.remoteAddress;
      let [route, reply]: [Route | undefined, Reply] = [undefined, refuse("internal-error")];
      try {
        [route, reply] = await answer(request, path, machine);
      } catch (error) {
        // What SQLite throws carries its result code: the record could not be read or written now.
        const stored = typeof (error as { errcode?: unknown }).errcode === "number";
        log.error({ problem: "request-failed", path: path.slice(0, 200), detail: messageOf(error) });
        reply = stored ? { refused: "store-unavailable", retryAfterMs: 3_000 } : refuse("internal-error");
      }
      if ("refused" in reply) {
        if (route?.id.startsWith("signIn")) {
          metrics.signinFailures.inc();
          log.warn({ problem: reply.refused, at: "signin", from });
        }
        return sendRefusal(response, reply);
      }
      await sendDone(response, reply, route!, url);
    },
  };
}

const NOBODY: Principal = {
  account: "",
  roles: [],
  permissions: new Set(),
  scope: new Set(),
  via: "session",
  provedAt: 0,
};

function compile(route: Route): Compiled {
  const body = route.body && (Compile(route.body) as Validator);
  const [params, query] = [Compile(route.params) as Validator, Compile(route.query) as Validator];
  return { route, segments: route.path.split("/"), params, query, body };
}

/** The parameters of a path that fits, or undefined. */
function match(segments: readonly string[], path: string): Record<string, string> | undefined {
  const parts = path.split("/");
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    if (segment.startsWith("{")) params[segment.slice(1, -1)] = parts[i]!;
    else if (segment !== parts[i]) return undefined;
  }
  return params;
}

function mayNot(route: Route, who: Principal | undefined, now: number): Refused | undefined {
  if (route.needs === "public") return undefined;
  if (!who) return refuse("session-required");
  if (route.needs !== "signed-in" && !who.permissions.has(route.needs))
    return refuse("permission-missing", route.needs);
  if (!route.proof || who.via === "machine") return undefined;
  if (who.via === "token") return refuse("not-by-token");
  return now - who.provedAt < PROOF_FRESH_MS ? undefined : refuse("proof-required");
}

async function shapeOf(row: Compiled, request: IncomingMessage): Promise<{ query: unknown; body: unknown } | Refused> {
  const search = new URLSearchParams((request.url ?? "").split("?", 2)[1] ?? "");
  const query = Object.fromEntries(search);
  if (!row.query.Check(query)) return refuse("request-invalid", faultOf(row.query, query));
  if (!row.body) return { query, body: undefined };
  const empty =
    request.headers["transfer-encoding"] === undefined && Number(request.headers["content-length"] ?? 0) === 0;
  const read = empty ? ({ ok: true, value: {} } as const) : await readJson(request, row.route.bodyBytes);
  if (!read.ok) return refuse(read.code);
  if (!row.body.Check(read.value)) return refuse(row.route.invalid, faultOf(row.body, read.value));
  return { query, body: read.value };
}

/** The deepest fault, by place and rule: never the value itself, which may be a secret. */
function faultOf(shape: Validator, value: unknown): string {
  const faults = shape.Errors(value);
  if (faults.length === 0) return "";
  const { instancePath, message } = faults.reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a));
  return `${instancePath || "/"} ${message}`;
}

/**
 * A write with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): noted before it begins, its answer kept after. When the
 * console ends in between, nobody can say whether it was done: the key is then refused rather than done twice.
 */
async function runOnce(
  api: Api,
  route: Route,
  call: Call<never, never, never>,
  key: string,
  path: string,
): Promise<Reply> {
  const { idempotency, transaction, now } = api.backend;
  const { account } = call.who;
  if (!KEY.test(key)) return refuse("idempotency-key-invalid");
  const request = createHash("sha256")
    .update(JSON.stringify([route.method, path, call.body ?? null]))
    .digest();
  const before = idempotency.get(account, key);
  if (before) {
    if (!request.equals(Buffer.from(before.request))) return refuse("idempotency-key-reused");
    if (!before.answer) return refuse("idempotency-in-progress");
    if (route.secret) return refuse("idempotency-done");
    const { status, body } = before.answer;
    return { status, body: JSON.parse(body), headers: { "idempotency-replayed": "true" } };
  }
  transaction(() => {
    idempotency.prune(now() - KEPT_MS);
    idempotency.begin(account, key, request, now());
  });
  let reply: Reply;
  try {
    reply = await route.run(api, call);
  } catch (error) {
    // Thrown from inside a transaction: nothing was done.
    transaction(() => idempotency.forget(account, key));
    throw error;
  }
  transaction(() => {
    if ("refused" in reply) idempotency.forget(account, key);
    else idempotency.end(account, key, reply.status ?? 200, route.secret ? "{}" : JSON.stringify(reply.body ?? {}));
  });
  return reply;
}
const KEPT_MS = 24 * 3_600_000;

export function sendRefusal(response: ServerResponse, { refused, detail, retryAfterMs }: Refused): void {
  if (response.headersSent) return void response.destroy();
  const [status, sentence] = PROBLEMS[refused];
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  if (refused === "method-not-allowed" && detail) headers["allow"] = detail;
  if (refused === "session-required" || refused === "token-invalid") headers["www-authenticate"] = "Bearer";
  sendProblem(response, status, refused, detail ? `${sentence} (${detail})` : sentence, headers);
}

async function sendDone(response: ServerResponse, done: Done, route: Route, url: URL): Promise<void> {
  const cookies: string[] = [];
  if (done.session !== undefined) cookies.push(setCookie(url, done.session, SESSION_LIVES_MS));
  if (done.flow !== undefined) cookies.push(setFlowCookie(url, done.flow));
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  if (done.lines) return sendLines(response, done.lines);
  const status = done.status ?? route.status;
  if (status >= 300 && status < 400) return void response.writeHead(status, done.headers).end();
  sendJson(response, status, done.body ?? {}, done.headers);
}
