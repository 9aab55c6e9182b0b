// The screen's server: the built pages, sign-in, what a signed-in person may do, the live feed, health. It listens on a
// socket that it is handed (descriptor 3) or on an address.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { WebSocketServer } from "ws";
import type { ActKind } from "../../protocol/index.ts";
import { readJson, refuseUpgrade, sendJson, sendProblem } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { messageOf, Problem } from "../problem.ts";
import type { Feed } from "./feed.ts";
import { ACT_KINDS, actOnIncident, logOfIncident } from "./incidents.ts";
import { ownHost, sameOrigin, sessionCookie, setCookie } from "./origin.ts";
import type { Backend, Session } from "./ports.ts";
import { SESSION_LIVES_MS, type SignInDesk } from "./signin.ts";
import { SECURITY_HEADERS, type Site, serveSite } from "./static.ts";

export type ScreenCode = "screen-address-unusable";

export interface ScreenParts {
  listen: { fd: number } | { host: string; port: number };
  /** Where people find it: decides Secure cookies and which Host is ours. */
  url: URL;
  site: Site;
  desk: SignInDesk;
  feed: Feed;
  backend: Backend;
  metrics: Metrics;
  log: Logger;
}

export interface Screen {
  port: number;
  close(): Promise<void>;
}

const codeShape = Compile(
  Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false }),
);
const MOST_SCREENS = 500;

/** Opens the screen's server. Rejects with Problem<ScreenCode>. */
export async function openScreen(parts: ScreenParts): Promise<Screen> {
  const server = createServer({
    requestTimeout: 15_000,
    headersTimeout: 10_000,
    maxHeaderSize: 16_384,
    connectionsCheckingInterval: 2_000,
  });
  server.on("request", (request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      parts.log.error({ problem: "request-failed", url: request.url?.slice(0, 200), detail: messageOf(error) });
      // What SQLite throws carries its result code: the record could not be read or written now.
      const stored = typeof (error as { errcode?: unknown }).errcode === "number";
      if (response.headersSent) response.destroy();
      else if (stored) sendProblem(response, 503, "store-unavailable", undefined, { "retry-after": "3" });
      else sendProblem(response, 500, "internal-error");
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096, perMessageDeflate: true });
  server.on("upgrade", (request, socket: Duplex, head) => {
    socket.on("error", () => socket.destroy());
    const url = request.url ?? "";
    if (url !== "/feed") return refuseUpgrade(socket, 404, "not-found");
    if (!sameOrigin(request, parts.url)) return refuseUpgrade(socket, 403, "origin-refused");
    const cookie = sessionCookie(request, parts.url);
    if (!cookie || !parts.desk.session(cookie)) return refuseUpgrade(socket, 401, "session-required");
    if (sockets.clients.size >= MOST_SCREENS) return refuseUpgrade(socket, 503, "too-many-screens");
    sockets.handleUpgrade(request, socket, head, (ws) => parts.feed.join(ws, () => !parts.desk.session(cookie)));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await listening(server, parts.listen);
  const address = server.address() as AddressInfo | string | null;
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), 400);
      }),
  };
}

function listening(server: Server, listen: ScreenParts["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const where = "fd" in listen ? `descriptor ${listen.fd}` : `${listen.host}:${listen.port}`;
      reject(
        new Problem<ScreenCode>(
          "screen-address-unusable",
          where,
          `the screen cannot listen: ${error.message}`,
          "fd" in listen ? "Start the console through its platform, which hands it the socket." : "Choose a free port.",
          error,
        ),
      );
    });
    server.listen(listen, () => resolve());
  });
}

async function handle(parts: ScreenParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (parts.url.protocol === "https:") response.setHeader("strict-transport-security", "max-age=31536000");
  const path = (request.url ?? "/").split("?", 1)[0]!;
  if (path === "/healthz") return sendJson(response, 200, { ok: true });
  if (path === "/readyz") return ready(parts, response);
  if (!ownHost(request.headers.host ?? "", parts.url)) return sendProblem(response, 421, "host-unknown");
  if (path.startsWith("/api/")) return api(parts, path, request, response);
  if (request.method !== "GET" && request.method !== "HEAD")
    return sendProblem(response, 405, "method-not-allowed", undefined, { allow: "GET, HEAD" });
  serveSite(parts.site, request, response, path);
}

/** Says no more than ready or not: it is asked without a session. */
function ready(parts: ScreenParts, response: ServerResponse): void {
  const { ready: ok } = parts.backend.status();
  sendJson(response, ok ? 200 : 503, { ok });
}

const INCIDENT = new RegExp(`^/api/incidents/([A-Za-z0-9._-]{1,64})/(${[...ACT_KINDS, "log"].join("|")})$`);

async function api(
  parts: ScreenParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wants = (method: string): boolean => {
    if (request.method === method) return true;
    sendProblem(response, 405, "method-not-allowed", undefined, { allow: method });
    return false;
  };
  // A page elsewhere can neither set this header nor name our origin (CSRF).
  if (request.method !== "GET") {
    if (!sameOrigin(request, parts.url)) return sendProblem(response, 403, "origin-refused");
    if (request.headers["x-vonggac"] !== "1") return sendProblem(response, 403, "header-required", "x-vonggac: 1");
  }
  if (path === "/api/signin") return wants("POST") ? signIn(parts, request, response) : undefined;
  const cookie = sessionCookie(request, parts.url);
  const session = cookie === undefined ? undefined : parts.desk.session(cookie);
  if (cookie === undefined || !session) return sendProblem(response, 401, "session-required");
  if (path === "/api/me") return wants("GET") ? sendJson(response, 200, meOf(session)) : undefined;
  if (path === "/api/signout") {
    if (!wants("POST")) return;
    parts.desk.signOut(cookie);
    response.setHeader("set-cookie", setCookie(parts.url, "", 0));
    return sendJson(response, 200, {});
  }
  const [, id, verb] = INCIDENT.exec(path) ?? [];
  if (id === undefined) return sendProblem(response, 404, "not-found");
  if (verb === "log") return wants("GET") ? logOfIncident(parts.backend, id, response) : undefined;
  if (wants("POST")) await actOnIncident(parts.backend, session.account, id, verb as ActKind, request, response);
}

const meOf = (session: Session) => ({ account: session.account, expiresAt: session.expiresAt });

async function signIn(parts: ScreenParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readJson(request, 1_024);
  if (!body.ok) return sendProblem(response, body.status, body.code);
  if (!codeShape.Check(body.value)) return sendProblem(response, 400, "code-required");
  const address = request.socket.remoteAddress ?? "";
  const result = parts.desk.signIn((body.value as { code: string }).code, address);
  if (result.ok) {
    response.setHeader("set-cookie", setCookie(parts.url, result.cookie, SESSION_LIVES_MS));
    return sendJson(response, 200, meOf(result.session));
  }
  parts.metrics.signinFailures.inc();
  parts.log.warn({ problem: result.code, at: "signin", from: address });
  if (result.code === "too-many-guesses")
    return sendProblem(response, 429, result.code, undefined, {
      "retry-after": String(Math.ceil(result.retryAfterMs / 1000)),
    });
  sendProblem(response, result.code === "code-expired" ? 410 : 403, result.code);
}
