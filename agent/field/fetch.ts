// How an agent in the field comes by a newer release: it asks the console over its own mutual TLS whether one is offered to it, judges the
// text before it fetches a byte, lays the payload down for the updater (which believes nothing of it), and says what became of the last.
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { parseRelease, type Release } from "../../protocol/release.ts";
import { AgentError } from "../errors.ts";
import { writeFileDurably } from "../files.ts";
import type { Outcome } from "./outcome.ts";
import { acceptable, type Here } from "./rules.ts";
import { lastOutcome } from "./updater.ts";

const TIMEOUT_MS = 30_000;
const MOST_TEXT = 16_384;
/** Payload and what is unpacked of it are never on one disk twice more. */
const ROOM = 1.2;

export interface FetchParts {
  /** `https://console:8443/enrol`: its host is the console's. */
  console: { enrol: string; serverName: string };
  roots: string;
  stateDir: string;
  outcomeFile: string;
  here: Here;
  identity(): { key: string; certificate: string };
  log(event: string, about: Record<string, unknown>): void;
  onTrouble(trouble: AgentError): void;
}

const offerShape = Compile(
  Type.Object({ release: Type.String({ maxLength: 4_096 }), signature: Type.String({ maxLength: 256 }) }),
);

/** Looks every `everyMs`, the first time after a part of it that differs from agent to agent. Returns what ends it. */
export function keepUpgraded(parts: FetchParts, everyMs: number, random: () => number): () => void {
  let timer: NodeJS.Timeout;
  const plan = (ms: number) => {
    timer = setTimeout(async () => {
      await look(parts).catch((error: unknown) =>
        parts.onTrouble(
          error instanceof AgentError ? error : new AgentError("release-unfetched", (error as Error).message, error),
        ),
      );
      plan(everyMs);
    }, ms);
    timer.unref();
  };
  plan(everyMs * random());
  return () => clearTimeout(timer);
}

/** One look: tells what became of the last release, then fetches what is offered. @throws AgentError */
export async function look(parts: FetchParts): Promise<"nothing" | "fetched" | "refused"> {
  const last = lastOutcome(parts.outcomeFile);
  if (last) await tellOnce(parts, last);
  if (existsSync(join(parts.stateDir, "incoming/ready"))) return "nothing";
  const answer = await ask(parts, "GET", "/release");
  if (answer.statusCode === 204) return drained(answer, "nothing");
  if (answer.statusCode !== 200) throw new AgentError("release-unfetched", `${answer.statusCode} to GET /release`);
  const offer = parsed(await textOf(answer));
  if (!offerShape.Check(offer)) throw new AgentError("release-invalid", "the offer has not the shape of one");
  const signed = { text: offer.release, signature: Buffer.from(offer.signature, "base64") };
  // What was taken back or refused once is not fetched again.
  const offered = parseRelease(signed.text);
  if (last && last.outcome !== "installed" && offered?.serial === last.serial) return "nothing";
  if (offered?.serial === parts.here.serial) return "nothing";
  try {
    const release = acceptable(signed, parts.here);
    await fetchPayload(parts, release);
    layDown(parts, signed);
    parts.log("release-fetched", { version: release.version, serial: release.serial });
    return "fetched";
  } catch (error) {
    rmSync(join(parts.stateDir, "incoming"), { recursive: true, force: true });
    if (!(error instanceof AgentError) || error.code === "release-unfetched") throw error;
    parts.onTrouble(error);
    const { serial = 0, version = "" } = offered ?? {};
    await tellOnce(parts, { serial, version, outcome: "refused", code: error.code, at: Date.now() });
    return "refused";
  }
}

async function fetchPayload(parts: FetchParts, release: Release): Promise<void> {
  const folder = join(parts.stateDir, "incoming");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < release.bytes * ROOM)
    throw new AgentError("release-no-space", `${bavail * bsize} bytes are left, ${release.bytes} come`);
  const answer = await ask(parts, "GET", "/release/payload");
  if (answer.statusCode !== 200)
    throw new AgentError("release-unfetched", `${answer.statusCode} to GET /release/payload`);
  const hash = createHash("sha256");
  let bytes = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > release.bytes ? new AgentError("release-damaged", "more bytes come than were signed") : null, chunk);
    },
  });
  try {
    await pipeline(answer, measured, createWriteStream(join(folder, "payload.tar.gz"), { mode: 0o600, flush: true }));
  } catch (error) {
    if (error instanceof AgentError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw new AgentError("release-no-space", folder, error);
    throw new AgentError("release-unfetched", (error as Error).message, error);
  }
  if (bytes !== release.bytes || hash.digest("hex") !== release.sha256)
    throw new AgentError("release-damaged", `${bytes} bytes, not those that were signed`);
}

/** The updater begins when `ready` is there, which comes last. */
function layDown({ stateDir }: FetchParts, { text, signature }: { text: string; signature: Buffer }): void {
  const at = (name: string) => join(stateDir, "incoming", name);
  writeFileDurably(at("release.txt"), text, 0o600);
  writeFileSync(at("release.sig"), signature, { mode: 0o600, flush: true });
  writeFileDurably(at("ready"), "", 0o600);
}

/** The console hears of each outcome once: what was told stands beside. */
async function tellOnce(parts: FetchParts, outcome: Outcome): Promise<void> {
  const file = join(parts.stateDir, "told-release.json");
  const { at: _, ...what } = outcome;
  const words = JSON.stringify(what);
  if (existsSync(file) && readFileSync(file, "utf8") === words) return;
  const answer = await ask(parts, "POST", "/release/outcome", JSON.stringify(what));
  drained(answer, undefined);
  if (answer.statusCode === 200) writeFileDurably(file, words, 0o600);
}

function ask(parts: FetchParts, method: string, path: string, body = ""): Promise<IncomingMessage> {
  const { key, certificate } = parts.identity();
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, parts.console.enrol),
      {
        method,
        agent: false,
        ca: parts.roots,
        key,
        cert: certificate,
        servername: parts.console.serverName,
        minVersion: "TLSv1.3",
        timeout: TIMEOUT_MS,
        headers: body ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) } : {},
      },
      resolve,
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error: NodeJS.ErrnoException) =>
      reject(new AgentError("release-unfetched", error.code ?? error.message, error)),
    );
    sent.end(body);
  });
}

function drained<T>(answer: IncomingMessage, value: T): T {
  answer.resume();
  return value;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MOST_TEXT) throw new AgentError("release-unfetched", "the answer is too long");
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
