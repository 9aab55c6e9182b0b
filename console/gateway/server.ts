// The port that agents reach: TLS 1.3 with client certificates, one WebSocket an agent, and enrolment beside it.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { HeardAgent } from "../../protocol/software.ts";
import { refuseUpgrade, sendProblem } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { bucketTable, newBucket, take } from "../rate.ts";
import type { Admission } from "./admission.ts";
import type { HeldAssignment } from "./assignments.ts";
import { cloneWatch } from "./clones.ts";
import { agentsWithin, openFilesLimit, TELLING } from "./descriptors.ts";
import { enrolment } from "./enrol.ts";
import { identityOf } from "./identity.ts";
import { GATEWAY_LIMITS, type GatewayLimits } from "./limits.ts";
import { openListener } from "./listener.ts";
import { isRelease, type ReleaseOutcome, releases } from "./releases.ts";
import { type Session, startSession } from "./session.ts";
import type { Sink } from "./sink.ts";

export const SUBPROTOCOL = "vonggac.1";
const FULL_RETRY_MS = 60_000;

export interface GatewayParts {
  host: string;
  port: number;
  certFile: string;
  keyFile: string;
  clientRootsFile: string;
  enrolSocket: string;
  beatMs: number;
  sink: Sink;
  admission: Admission;
  /** Where a release of the agent is offered from (releases.ts). */
  releasesDir?: string | undefined;
  /** What became of a release at an agent. */
  released(agent: string, outcome: ReleaseOutcome): void;
  /** Two live processes go by this agent's name; `from` is where one of them stands. */
  cloned(agent: string, from: string): void;
  limits?: Partial<GatewayLimits>;
  now(): number;
  monotonic(): number;
  metrics: Metrics;
  log: Logger;
}

export interface Gateway {
  port: number;
  connected(): number;
  /** What each agent said of itself when it last came in, since the console started. */
  heard(): HeardAgent[];
  /** Other assignments: agents that hold older ones get theirs. */
  setAssignments(assignments: Map<string, HeldAssignment>): void;
  /** That agent's certificates were revoked: its connection is cut. */
  cut(agent: string): void;
  /** The registry changed: agents that it no longer has are put out. */
  recheck(): void;
  close(): Promise<void>;
}

/** Opens the port. Rejects with Problem<ListenerCode> (listener.ts). */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { sink, log, metrics } = parts;
  const limits = { ...GATEWAY_LIMITS, ...parts.limits };
  const sessions = new Map<string, Session>();
  const heard = new Map<string, HeardAgent>();
  const clones = cloneWatch();
  const connectsOf = bucketTable(limits.connects, 50_000);
  const hellos = newBucket(limits.hellos, parts.monotonic());
  let assignments = new Map<string, HeldAssignment>();
  const enrol = enrolment({ ...parts, limits, knowsAgent: (a) => sink.knowsAgent(a) });
  const release = releases({
    ...(parts.releasesDir === undefined ? {} : { releasesDir: parts.releasesDir }),
    revokedAt: parts.admission.revokedAt,
    knowsAgent: (a) => sink.knowsAgent(a),
    outcome: parts.released,
    outcomes: limits.outcomes,
    now: parts.now,
    monotonic: parts.monotonic,
    log,
  });
  const openFiles = openFilesLimit();
  const most = Math.min(limits.agents, agentsWithin(openFiles));
  const listener = openListener({ ...parts, limits, mostSockets: most + TELLING });
  const { server } = listener;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  server.on("request", (request, response) => {
    const path = request.url ?? "";
    if (isRelease(path)) return void release(request, response);
    if (path !== "/enrol" && path !== "/enrol/renew") return sendProblem(response, 404, "not-found");
    if (request.method !== "POST")
      return sendProblem(response, 405, "method-not-allowed", undefined, { allow: "POST" });
    void enrol(request, response, path === "/enrol/renew");
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", (error) => log.debug({ event: "upgrade-error", detail: error.message }));
    const no = (status: number, code: string, detail?: string) => {
      metrics.refusals.inc({ code });
      log.warn({ problem: code, at: "upgrade", from: request.socket.remoteAddress, detail });
      refuseUpgrade(socket, status, code, detail);
    };
    if (request.url !== "/agent") return no(404, "not-found");
    const identity = identityOf(socket as TLSSocket, parts.now(), parts.admission.revokedAt);
    if (!identity.ok) return no(401, identity.code, identity.detail);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((p) => p.trim());
    if (!offered.includes(SUBPROTOCOL)) return no(400, "subprotocol-required", SUBPROTOCOL);
    const wait = connectsOf(identity.agent, parts.monotonic());
    if (wait > 0) return no(429, "rate-exceeded", `${identity.agent} connects too often`);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      startSession({
        ...parts,
        socket: ws,
        agent: identity.agent,
        certificateExpiresAt: identity.expiresAt,
        limits,
        assignmentOf: (agent) => assignments.get(agent),
        admit: (session, hello) => {
          // Between the upgrade and the hello it may have been put out.
          const revokedAt = parts.admission.revokedAt(session.agent);
          if (revokedAt !== undefined && identity.issuedAt <= revokedAt)
            return { code: "certificate-revoked", detail: "the certificate was revoked" };
          const pause = take(hellos, limits.hellos, parts.monotonic());
          if (pause > 0)
            return {
              code: "try-later",
              detail: "many agents are coming back",
              retryAfterMs: pause + Math.floor(Math.random() * 3_000),
            };
          const older = sessions.get(session.agent);
          if (!older && sessions.size >= most)
            return {
              code: "console-full",
              detail: `${most} agents are connected, and the limit of ${openFiles} open files admits no more`,
              retryAfterMs: FULL_RETRY_MS,
            };
          if (clones.heard(session.agent, hello.instance, parts.monotonic()))
            parts.cloned(session.agent, request.socket.remoteAddress ?? "");
          if (older) {
            if (older.instance !== hello.instance) log.warn({ event: "second-instance", agent: session.agent });
            older.refuse("agent-replaced", "the same agent has connected again");
          }
          sessions.set(session.agent, session);
          const address = request.socket.remoteAddress ?? "";
          heard.set(session.agent, { agent: session.agent, version: hello.version, address, at: parts.now() });
          metrics.connections.set(sessions.size);
          return undefined;
        },
        ended: (session) => {
          if (sessions.get(session.agent) === session) sessions.delete(session.agent);
          metrics.connections.set(sessions.size);
        },
      });
    });
  });

  const port = await listener.listen();
  log.info({ event: "gateway-open", port, openFiles, agents: most });
  return {
    port,
    connected: () => sessions.size,
    heard: () => [...heard.values()],
    setAssignments(next) {
      assignments = next;
      for (const session of sessions.values()) session.pushAssignment();
    },
    cut(agent) {
      sessions.get(agent)?.refuse("certificate-revoked", "the agent's certificates were revoked");
    },
    recheck() {
      for (const session of sessions.values())
        if (!sink.knowsAgent(session.agent)) session.refuse("agent-unknown", "the registry no longer has this agent");
      for (const agent of heard.keys()) if (!sink.knowsAgent(agent)) heard.delete(agent);
    },
    close() {
      const closed = listener.close();
      for (const session of sessions.values()) session.leave();
      return closed;
    },
  };
}
