// GET /release, GET /release/payload, POST /release/outcome: offers a release of the agent to those whose turn it is, and hears what became
// of it. Rules: the console holds no key that signs releases, so it can offer nothing that agents would not refuse; a ring is a share of all
// agents, the same ones each time and more as the share grows; what agents say goes to the audit.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream";
import type { TLSSocket } from "node:tls";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { SoftwareVersion } from "../../protocol/frame.ts";
import { parseRelease } from "../../protocol/release.ts";
import { readJson, sendJson, sendProblem } from "../http.ts";
import type { Logger } from "../log.ts";
import { type BucketRule, bucketTable } from "../rate.ts";
import { identityOf } from "./identity.ts";

/** `offer.json` in the folder of releases; the payload stands beside it as `payload-<serial>.tar.gz`. */
const offerShape = Compile(
  Type.Object({
    release: Type.String({ maxLength: 4_096 }),
    /** Base64. */
    signature: Type.String({ maxLength: 256 }),
    /** Percent of all agents. */
    share: Type.Number({ minimum: 0, maximum: 100 }),
  }),
);
const outcomeShape = Compile(
  Type.Object(
    {
      serial: Type.Integer({ minimum: 0 }),
      version: SoftwareVersion,
      outcome: Type.Enum(["installed", "rolled-back", "refused"]),
      code: Type.Optional(Type.String({ maxLength: 64, pattern: "^[a-z-]*$" })),
    },
    { additionalProperties: false },
  ),
);
export type ReleaseOutcome = { serial: number; version: string; outcome: string; code?: string };

/** So many payloads leave at a time; others come again. */
const MOST_DOWNLOADS = 8;
const RETRY_SECONDS = "60";
const MOST_BODY = 1_024;
const BODY_MS = 5_000;

export interface ReleaseParts {
  releasesDir?: string;
  revokedAt(agent: string): number | undefined;
  knowsAgent(agent: string): boolean;
  outcome(agent: string, outcome: ReleaseOutcome): void;
  outcomes: BucketRule;
  now(): number;
  monotonic(): number;
  log: Logger;
}

/** Whether an agent is of the share: it differs from release to release who is first, and grows with the share. */
export function isInRing(agent: string, serial: number, share: number): boolean {
  const lot = createHash("sha256").update(`${serial}/${agent}`).digest().readUInt32BE(0) / 2 ** 32;
  return lot < share / 100;
}

/** Whether a path is one of ours. */
export const isRelease = (path: string): boolean => path === "/release" || path.startsWith("/release/");

/** The release that stands offered, and to which share of all agents (percent). */
export interface Offer {
  serial: number;
  version: string;
  share: number;
}

/** A handler of the three requests. It answers every one, and never throws. */
export function releases(parts: ReleaseParts) {
  let downloads = 0;
  const bucketOf = bucketTable(parts.outcomes, 50_000);
  const offerTo = (agent: string) => {
    const offer = readOffer(parts);
    return offer && isInRing(agent, offer.serial, offer.share) ? offer : undefined;
  };
  const give = (response: ServerResponse, serial: number): void => {
    const file = join(parts.releasesDir!, `payload-${serial}.tar.gz`);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || downloads >= MOST_DOWNLOADS) {
      if (size === undefined) sendProblem(response, 404, "not-found");
      else sendProblem(response, 503, "try-later", undefined, { "retry-after": RETRY_SECONDS });
      return;
    }
    downloads++;
    response.writeHead(200, { "content-type": "application/gzip", "content-length": size });
    pipeline(createReadStream(file), response, () => {
      downloads--;
    });
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const identity = identityOf(request.socket as TLSSocket, parts.now(), parts.revokedAt);
    if (!identity.ok) return sendProblem(response, 401, identity.code, identity.detail);
    const { agent } = identity;
    if (!parts.knowsAgent(agent)) return sendProblem(response, 403, "agent-unknown");
    switch (`${request.method} ${request.url}`) {
      case "GET /release": {
        const offer = offerTo(agent);
        if (!offer) return void response.writeHead(204).end();
        return sendJson(response, 200, { release: offer.release, signature: offer.signature });
      }
      case "GET /release/payload": {
        const offer = offerTo(agent);
        return offer ? give(response, offer.serial) : sendProblem(response, 404, "not-found");
      }
      case "POST /release/outcome": {
        const wait = bucketOf(agent, parts.monotonic());
        if (wait > 0) {
          const headers = { connection: "close", "retry-after": String(Math.ceil(wait / 1_000)) };
          return sendProblem(response, 429, "rate-exceeded", undefined, headers);
        }
        const body = await readJson(request, MOST_BODY, BODY_MS);
        if (!body.ok) return sendProblem(response, body.status, body.code, undefined, { connection: "close" });
        if (!outcomeShape.Check(body.value)) return sendProblem(response, 400, "request-invalid");
        parts.outcome(agent, body.value as ReleaseOutcome);
        return sendJson(response, 200, {});
      }
      default:
        return sendProblem(response, 404, "not-found");
    }
  };
}

/** Undefined where nothing is offered, and where what stands there is no offer: then the log says so. */
export function readOffer({
  releasesDir,
  log,
}: Pick<ReleaseParts, "releasesDir" | "log">): (Offer & { release: string; signature: string }) | undefined {
  if (releasesDir === undefined) return undefined;
  const file = join(releasesDir, "offer.json");
  if (!statSync(file, { throwIfNoEntry: false })) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!offerShape.Check(value)) throw new Error("not the shape of an offer");
    const release = parseRelease(value.release);
    if (!release) throw new Error("not a release");
    return { ...value, serial: release.serial, version: release.version };
  } catch (error) {
    log.warn({
      problem: "offer-unreadable",
      where: file,
      detail: (error as Error).message,
      remedy: "Offer the release again.",
    });
    return undefined;
  }
}
