// The unix socket for whoever holds this machine: root and the console's own account, by the socket's mode. It issues sign-in
// codes, answers our commands and scenario tests, and is a door to the whole API as the machine's operator.
import { chmodSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { sendJson, sendProblem } from "../http.ts";
import { permissionsOf } from "../people/roles.ts";
import type { Principal } from "../people/scope.ts";
import { messageOf, Problem } from "../problem.ts";
import { OPERATOR } from "./desk/codes.ts";
import type { Api } from "./route.ts";
import type { Router } from "./router.ts";

export type AdminCode = "admin-socket-in-use" | "admin-socket-unusable";

/** Keeps the machine and the console on it; sees all of the province. */
const MACHINE: Principal = {
  account: OPERATOR,
  roles: ["administrator", "security-lead"],
  permissions: permissionsOf(["administrator", "security-lead"]),
  scope: undefined,
  via: "machine",
  provedAt: 0,
};
const MOST_ITEMS = 5_000;
const MOST_LETTERS = 120;

/** Opens the socket, mode 0600. Rejects with Problem<AdminCode>. A socket that nobody listens on is replaced. */
export async function openAdmin(path: string, api: Api, router: Router): Promise<Server> {
  await clearStale(path);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://admin");
    if (router.owns(pathname)) return void router.serve(request, response, pathname, MACHINE);
    try {
      answer(api, request, response);
    } catch (error) {
      sendProblem(response, 500, "internal-error", messageOf(error));
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(unusable(path, error)));
    // The mode is there from the first moment: between bind and chmod nobody else may connect.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
    process.umask(umask);
  });
}

function answer({ desk, backend }: Api, request: IncomingMessage, response: ServerResponse) {
  const reader = () => backend.reader(MACHINE);
  const url = new URL(request.url ?? "/", "http://admin");
  switch (`${request.method} ${url.pathname}`) {
    case "POST /signin-code":
      return sendJson(response, 200, desk.issue());
    case "POST /backup":
      backend.backUp().then(
        (made) => sendJson(response, 200, made),
        (error: unknown) => sendProblem(response, 500, "backup-failed", messageOf(error)),
      );
      return;
    // An act on the platform, which only this machine sees: whoever did it held the machine.
    case "POST /let-go": {
      const [host, by] = ["host", "by"].map((name) => url.searchParams.get(name)?.slice(0, MOST_LETTERS) ?? "");
      if (!host) return sendProblem(response, 400, "query-invalid", "host");
      const act = { at: backend.now(), account: OPERATOR, act: "host-let-go", subject: host, detail: {} };
      backend.transaction(() => backend.audit.write({ ...act, personal: { by: by ?? "" } }));
      return sendJson(response, 200, { kept: true });
    }
    case "GET /status":
      return sendJson(response, 200, backend.status());
    case "GET /incidents":
      return sendJson(response, 200, reader().snapshot().incidents);
    case "GET /targets":
      return sendJson(response, 200, reader().targets());
    case "GET /agents":
      return sendJson(response, 200, reader().agents());
    case "GET /items":
      return sendJson(
        response,
        200,
        backend.itemsAfter(numberOf(url, "after", 0), Math.min(MOST_ITEMS, numberOf(url, "limit", 1_000))),
      );
    default:
      return sendProblem(response, 404, "not-found");
  }
}

function numberOf(url: URL, name: string, otherwise: number): number {
  const value = Number(url.searchParams.get(name) ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

async function clearStale(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!statSync(path, { throwIfNoEntry: false })) return;
  if (await somebodyListens(path))
    throw new Problem<AdminCode>(
      "admin-socket-in-use",
      path,
      "another console listens there",
      "End the other console first.",
    );
  unlinkSync(path);
}

const somebodyListens = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

const unusable = (path: string, error: Error) =>
  new Problem<AdminCode>(
    "admin-socket-unusable",
    path,
    `the admin socket cannot be opened: ${error.message}`,
    "Check that the folder exists and belongs to this account.",
    error,
  );
