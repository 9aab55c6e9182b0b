// The screen's server: the built pages, the API (router.ts), the live feed. It listens on a socket that it is handed (descriptor 3)
// or on an address.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { refuseUpgrade } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Principal } from "../people/scope.ts";
import { messageOf, Problem } from "../problem.ts";
import type { Feed, Place } from "./feed.ts";
import { ownHost, sameOrigin } from "./origin.ts";
import { PROBLEMS } from "./problems.ts";
import { refuse } from "./route.ts";
import { type Router, sendRefusal } from "./router.ts";
import { SECURITY_HEADERS, type Site, serveSite } from "./static.ts";

export type ScreenCode = "screen-address-unusable";

export interface ScreenParts {
  listen: { fd: number } | { host: string; port: number };
  /** Where people find it: decides Secure cookies and which Host is ours. */
  url: URL;
  site: Site;
  router: Router;
  feed: Feed;
  log: Logger;
}

export interface Screen {
  port: number;
  close(): Promise<void>;
}

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
      parts.log.error({ problem: "request-failed", path: pathOf(request).slice(0, 200), detail: messageOf(error) });
      sendRefusal(response, refuse("internal-error"));
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096, perMessageDeflate: true });
  server.on("upgrade", (request, socket: Duplex, head) => {
    socket.on("error", () => socket.destroy());
    if (pathOf(request) !== "/feed") return refuseUpgrade(socket, 404, "not-found");
    if (!sameOrigin(request, parts.url)) return refuseUpgrade(socket, 403, "origin-refused");
    const joining = parts.router.mayJoin(request);
    if ("refused" in joining) return refuseUpgrade(socket, PROBLEMS[joining.refused][0], joining.refused);
    if (sockets.clients.size >= MOST_SCREENS) return refuseUpgrade(socket, 503, "too-many-screens");
    const { who } = joining;
    const still = () => {
      const now = parts.router.mayJoin(request);
      return !("refused" in now) && sameSight(now.who, who);
    };
    sockets.handleUpgrade(request, socket, head, (ws) => parts.feed.join(ws, who, still, resumeOf(request)));
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

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0]!;

/** A screen whose owner may see other things than before must begin anew. */
const sameSight = (a: Principal, b: Principal): boolean =>
  a.account === b.account && [...(a.scope ?? ["*"])].sort().join(" ") === [...(b.scope ?? ["*"])].sort().join(" ");

/** Where a screen was, if it says so in words that we gave it. */
function resumeOf(request: IncomingMessage): Place | undefined {
  const query = new URLSearchParams((request.url ?? "").split("?", 2)[1] ?? "");
  const [run, after] = [query.get("run"), Number(query.get("after") ?? Number.NaN)];
  return run !== null && Number.isSafeInteger(after) ? { run, after } : undefined;
}

/** Asked by whoever watches the console, under whatever name. */
const BY_ANY_NAME = new Set(["/healthz", "/readyz"]);

async function handle(parts: ScreenParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (parts.url.protocol === "https:") response.setHeader("strict-transport-security", "max-age=31536000");
  const path = pathOf(request);
  if (!BY_ANY_NAME.has(path) && !ownHost(request.headers.host ?? "", parts.url))
    return sendRefusal(response, refuse("host-unknown"));
  if (parts.router.owns(path)) return parts.router.serve(request, response, path);
  if (request.method !== "GET" && request.method !== "HEAD")
    return sendRefusal(response, refuse("method-not-allowed", "GET, HEAD"));
  serveSite(parts.site, request, response, path);
}
