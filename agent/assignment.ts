// What this agent is told to watch: verified before it is believed, and kept on disk so that a restart watches at once, also
// with no console in reach.
import { createHash, type KeyObject, verify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Check, Errors } from "typebox/value";
import { type Assignment, AssignmentSchema } from "../protocol/assignment.ts";
import type { ConfigState } from "../protocol/frame.ts";
import { AgentError } from "./errors.ts";
import { writeFileDurably } from "./files.ts";

/** A text and its signature as they travel. */
export interface Signed {
  payload: string;
  /** Ed25519 over the payload's UTF-8 bytes, base64. */
  signature: string;
}

export interface AssignmentOptions {
  agent: string;
  /** Ed25519 public key of whoever plans; the console does not hold its other half. */
  key: KeyObject;
  path: string;
  apply(assignment: Assignment): void;
  onTrouble(trouble: AgentError): void;
}

export class AssignmentKeeper {
  /** What hello and batches say of it. */
  state: ConfigState = { serial: 0, hash: "", status: "none" };
  private readonly options: AssignmentOptions;
  private applied = { serial: 0, hash: "" };

  constructor(options: AssignmentOptions) {
    this.options = options;
  }

  /** Applies what an earlier life kept. A file that no longer verifies is not used. */
  restore(): void {
    const { path, onTrouble } = this.options;
    if (!existsSync(path)) return;
    try {
      this.use(JSON.parse(readFileSync(path, "utf8")) as Signed);
    } catch (error) {
      onTrouble(error instanceof AgentError ? error : new AgentError("assignment-invalid", path, error));
    }
  }

  /** Takes one from the console; `state` says afterwards whether it is applied. Never throws. */
  take(signed: Signed): void {
    const hash = hashOf(signed.payload);
    if (hash === this.applied.hash && this.state.status === "applied") return;
    try {
      this.use(signed);
      writeFileDurably(this.options.path, JSON.stringify(signed), 0o600);
    } catch (error) {
      const trouble =
        error instanceof AgentError ? error : new AgentError("state-unwritable", this.options.path, error);
      this.options.onTrouble(trouble);
      // Applied and not kept: the next start asks again, which is no failure of the assignment.
      if (trouble.code === "state-unwritable") return;
      this.state = { ...this.applied, status: "failed", error: trouble.message.slice(0, 500) };
    }
  }

  private use(signed: Signed): void {
    const { agent, key, apply } = this.options;
    const assignment = verifyAssignment(signed, agent, key, this.applied.serial);
    apply(assignment);
    this.applied = { serial: assignment.serial, hash: hashOf(signed.payload) };
    this.state = { ...this.applied, status: "applied" };
  }
}

/**
 * The assignment, once its signature, owner and age are right.
 * @param appliedSerial the serial in force; an equal one is taken, for it may be a correction of a failed one
 * @throws AgentError assignment-not-signed, assignment-invalid, assignment-not-mine, assignment-older
 */
export function verifyAssignment(signed: Signed, agent: string, key: KeyObject, appliedSerial: number): Assignment {
  const bytes = Buffer.from(signed.payload, "utf8");
  if (!verify(null, bytes, key, Buffer.from(signed.signature, "base64")))
    throw new AgentError("assignment-not-signed", `${bytes.length} bytes`);
  const value = parse(signed.payload);
  if (!Check(AssignmentSchema, value)) throw new AgentError("assignment-invalid", firstProblem(value));
  const assignment = value as Assignment;
  if (assignment.agent !== agent) throw new AgentError("assignment-not-mine", `for ${assignment.agent}, I am ${agent}`);
  if (assignment.serial < appliedSerial)
    throw new AgentError("assignment-older", `serial ${assignment.serial}, in force is ${appliedSerial}`);
  return assignment;
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (error) {
    throw new AgentError("assignment-invalid", "not JSON", error);
  }
}

function firstProblem(value: unknown): string {
  const first = Errors(AssignmentSchema, value)[0];
  return first ? `${first.instancePath || "/"} ${first.message}` : "unknown";
}

const hashOf = (payload: string) => createHash("sha256").update(payload, "utf8").digest("hex");
