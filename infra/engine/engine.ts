// Drives the real Pulumi engine through the Automation API with an inline program. The only file that knows that API.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import automation from "@pulumi/pulumi/automation/index.js";
import type { EngineStep } from "../impact/index.ts";
import { dropStaleLocks, engineEnvironment, hasStack, PROJECT, protectedOf } from "./backend.ts";
import { EngineError } from "./errors.ts";

export const ENGINE_VERSION = "3.259.0";

export interface Engine {
  stack: string;
  stateDir: string;
  /** The folder of Pulumi.yaml, which names the provider. */
  checkout: string;
  program: () => Promise<Record<string, unknown>>;
  /** One resource is done: `create`, `vonggac:lab:Host`, `hub1`. */
  onResource?: (op: string, type: string, name: string) => void;
  /** What a preview means to do with one resource, from which inputs to which. */
  onStep?: (step: EngineStep) => void;
}

/** Resources by what was done to them: create, update, delete, same … */
export type Summary = Record<string, number>;

/**
 * Brings the stack to its program. Throws EngineError. The preview comes first, since a policy on the stack as a whole is judged by the
 * engine when everything else is done: only in a preview is that before anything is touched. Where it finds nothing to do, nothing is.
 */
export async function up(engine: Engine): Promise<Summary> {
  const planned = await preview({ ...engine, onResource: () => {}, onStep: () => {} });
  if (Object.keys(planned).every((op) => op === "same")) return planned;
  return drive(engine, (stack, options) => stack.up(options));
}

/** What `up` would do. */
export const preview = (engine: Engine): Promise<Summary> =>
  drive(engine, (stack, options) => stack.preview({ ...options, policyPacks: packsOf(engine) }));

/** Compares the state with the machine and keeps what it finds. */
export const refresh = (engine: Engine): Promise<Summary> => drive(engine, (stack, options) => stack.refresh(options));

/**
 * Takes the protection off every resource of the stack. `lab down` does so before it destroys: what protected hosts hold (keys in the
 * vault, the console's record) lies in the state folder, which it keeps. Nothing happens when the engine does not know the stack.
 */
export async function release(engine: Engine): Promise<void> {
  if (!hasStack(engine.stateDir, engine.stack)) return;
  const { pulumiHome, command } = await findEngine();
  await dropStaleLocks(engine.stateDir, engine.stack);
  const argv = ["state", "unprotect", "--all", "--yes", "--stack", engine.stack];
  try {
    const env = { ...process.env, PULUMI_HOME: pulumiHome, ...engineEnvironment(engine) };
    await promisify(execFile)(command.command, argv, { cwd: engine.checkout, env });
  } catch (error) {
    throw new EngineError("engine-failed", engine.stack, words(error as Error), "run it again", error);
  }
}

/**
 * Takes the protection off one host and the lines that end in it, so that the next `up` of a province without it may remove them. Gives the
 * names of what was let go. Throws `engine-unprotected` when nothing of that name is protected.
 */
export async function letGo(engine: Engine, host: string): Promise<string[]> {
  const urns = protectedOf(engine.stateDir, engine.stack).filter((urn) => nameOf(urn).split("~").includes(host));
  if (urns.length === 0)
    throw new EngineError("engine-unprotected", host, "no host of that name is protected", "see lab status for hosts");
  const { pulumiHome, command } = await findEngine();
  await dropStaleLocks(engine.stateDir, engine.stack);
  const env = { ...process.env, PULUMI_HOME: pulumiHome, ...engineEnvironment(engine) };
  for (const urn of urns)
    try {
      const argv = ["state", "unprotect", urn, "--yes", "--stack", engine.stack];
      await promisify(execFile)(command.command, argv, { cwd: engine.checkout, env });
    } catch (error) {
      throw new EngineError("engine-failed", engine.stack, words(error as Error), "run it again", error);
    }
  return urns.map(nameOf);
}

/** Removes every resource of the stack, and the stack. Refused while one of them is protected: see `release`. */
export const destroy = (engine: Engine): Promise<Summary> =>
  drive(engine, (stack, options) => stack.destroy({ ...options, remove: true }));

/** What may never be provisioned (infra/policy). */
const packsOf = ({ checkout }: Engine): string[] => [join(checkout, "infra", "policy")];

interface DriveOptions {
  onEvent: (event: automation.EngineEvent) => void;
  parallel: number;
  color: "never";
  suppressOutputs: boolean;
}

/** Many creates wait for other programs rather than for the processor. */
export const PARALLEL = 16;

async function drive(
  engine: Engine,
  action: (stack: automation.Stack, options: DriveOptions) => Promise<unknown>,
): Promise<Summary> {
  const { pulumiHome, command } = await findEngine();
  const envVars = engineEnvironment(engine);
  await dropStaleLocks(engine.stateDir, engine.stack);
  const told = new Told(engine);
  try {
    const open = (how: "selectStack" | "createStack") =>
      automation.LocalWorkspace[how](
        { stackName: engine.stack, projectName: PROJECT, program: engine.program },
        { workDir: engine.checkout, envVars, pulumiHome, pulumiCommand: command },
      );
    const stack = hasStack(engine.stateDir, engine.stack)
      ? await open("selectStack")
      : await open("createStack").catch((error) => {
          // A run that was killed before may have left its engine behind, just making the stack.
          if (error instanceof automation.StackAlreadyExistsError) return open("selectStack");
          throw error;
        });
    // After each run the API asks the CLI three times more, for outputs and history: a second of processor time for what
    // nobody reads here, just when the lab's own processes start.
    stack.outputs = async () => ({});
    stack.info = async () => undefined;
    await action(stack, { onEvent: told.take, parallel: PARALLEL, color: "never", suppressOutputs: true });
    return told.summary;
  } catch (error) {
    if (told.refusals.length > 0)
      throw new EngineError(
        "policy-refused",
        engine.stack,
        told.refusals.join("\n"),
        "change what is named; nothing was touched",
        error,
      );
    const detail = told.faults.slice(0, 4).join("; ") || words(error as Error);
    if (/protect/.test(detail) && /delet/.test(detail))
      throw new EngineError(
        "engine-protected",
        engine.stack,
        detail,
        "it holds a key or a record that is nowhere else. If it shall go: vonggac lab let-go HOST, then again",
        error,
      );
    throw new EngineError("engine-failed", engine.stack, detail, "mend what is named and run it again", error);
  }
}

const engineHome = (): string => process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");

/** Where set-up leaves the engine, and where the Automation API looks for it. */
export const engineBinary = (): string => join(engineHome(), "versions", ENGINE_VERSION, "bin", "pulumi");

/** The engine in the folder where set-up leaves it, or a fitting one on PATH. Throws `engine-missing`. */
async function findEngine(): Promise<{ pulumiHome: string; command: automation.PulumiCommand }> {
  const pulumiHome = engineHome();
  const root = join(pulumiHome, "versions", ENGINE_VERSION);
  try {
    const own = existsSync(engineBinary());
    return { pulumiHome, command: await automation.PulumiCommand.get(own ? { root } : {}) };
  } catch (error) {
    const detail = `no Pulumi ${ENGINE_VERSION} there and none on PATH`;
    throw new EngineError("engine-missing", root, detail, "run npm start, which installs it", error);
  }
}

/** The lines that say what went wrong, out of everything that the CLI wrote. */
function words(error: Error): string {
  const lines = error.message.split("\n").map((line) => line.trim());
  const faults = lines.filter((line) => line.startsWith("error: ")).map((line) => line.slice(7));
  return [...new Set(faults)].slice(0, 4).join("; ") || lines.filter(Boolean).slice(-3).join(" | ");
}

/** `before` is what the machine was found to be: a provider that refreshes before an update says so in the old state. */
const stepOf = ({ op, type, urn, old, new: next }: automation.StepEventMetadata): EngineStep => ({
  op,
  type,
  name: nameOf(urn),
  ...(old && { before: old.inputs }),
  ...(next && { after: next.inputs }),
});

const nameOf = (urn: string): string => urn.split("::").at(-1)!;

/** What the engine tells while it works. */
class Told {
  summary: Summary = {};
  readonly faults: string[] = [];
  /** What the policy pack will not have provisioned. */
  readonly refusals: string[] = [];
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  readonly take = (event: automation.EngineEvent): void => {
    const { summaryEvent, resourcePreEvent, resOutputsEvent, diagnosticEvent, policyEvent } = event;
    if (policyEvent?.enforcementLevel === "mandatory") this.refuse(`${policyEvent.policyName}: ${policyEvent.message}`);
    if (resourcePreEvent) this.engine.onStep?.(stepOf(resourcePreEvent.metadata));
    if (summaryEvent) this.summary = { ...summaryEvent.resourceChanges };
    if (diagnosticEvent?.severity === "error") this.fault(diagnosticEvent.message);
    const { op, type, urn } = resOutputsEvent?.metadata ?? {};
    if (op && type && urn) this.engine.onResource?.(op, type, nameOf(urn));
  };

  private refuse(message: string): void {
    const words = message.trim().replaceAll(/\s*\n\s*/g, " ");
    if (!this.refusals.includes(words)) this.refusals.push(words);
  }

  private fault(message: string): void {
    const fault = message.trim();
    // The last of them only says that there were others.
    if (fault !== "" && fault !== "update failed" && !this.faults.includes(fault)) this.faults.push(fault);
  }
}
