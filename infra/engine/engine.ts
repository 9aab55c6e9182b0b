// Drives the real Pulumi engine through the Automation API with an inline program. The only file that knows that API.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import automation from "@pulumi/pulumi/automation/index.js";
import { dropStaleLocks, engineEnvironment, PROJECT } from "./backend.ts";
import { EngineError } from "./errors.ts";

export const ENGINE_VERSION = "3.259.0";

export interface Engine {
  stack: string;
  stateDir: string;
  /** The folder of Pulumi.yaml, which names the provider. */
  checkout: string;
  program: () => Promise<Record<string, unknown>>;
  /** One line of progress. */
  onProgress?: (line: string) => void;
}

/** Resources by what was done to them: create, update, delete, same … */
export type Summary = Record<string, number>;

/** Brings the stack to its program; what a refresh finds missing is made again. Throws EngineError. */
export async function up(engine: Engine): Promise<Summary> {
  const result = await drive(engine, (stack, options) => stack.up({ ...options }));
  return (result.summary.resourceChanges ?? {}) as Summary;
}

/** What `up` would do. */
export async function preview(engine: Engine): Promise<Summary> {
  const result = await drive(engine, (stack, options) => stack.preview(options));
  return result.changeSummary as Summary;
}

/** Compares the state with the machine and keeps what it finds. */
export async function refresh(engine: Engine): Promise<Summary> {
  const result = await drive(engine, (stack, options) => stack.refresh(options));
  return (result.summary.resourceChanges ?? {}) as Summary;
}

/** Removes every resource of the stack, and the stack. */
export async function destroy(engine: Engine): Promise<Summary> {
  const result = await drive(engine, (stack, options) => stack.destroy({ ...options, remove: true }));
  return (result.summary.resourceChanges ?? {}) as Summary;
}

interface DriveOptions {
  onOutput: (text: string) => void;
  parallel: number;
  color: "never";
  suppressOutputs: boolean;
}

/** Many creates wait for other programs rather than for the processor. */
const PARALLEL = 16;

async function drive<R>(
  engine: Engine,
  action: (stack: automation.Stack, options: DriveOptions) => Promise<R>,
): Promise<R> {
  const { pulumiHome, command } = await findEngine();
  const envVars = engineEnvironment(engine.stateDir);
  dropStaleLocks(engine.stateDir, engine.stack);
  const lines = new LineReader(engine.onProgress ?? (() => {}));
  try {
    const stack = await automation.LocalWorkspace.createOrSelectStack(
      { stackName: engine.stack, projectName: PROJECT, program: engine.program },
      { workDir: engine.checkout, envVars, pulumiHome, pulumiCommand: command },
    );
    return await action(stack, { onOutput: lines.take, parallel: PARALLEL, color: "never", suppressOutputs: true });
  } catch (error) {
    throw new EngineError(
      "engine-failed",
      engine.stack,
      firstFault(lines.text, error as Error),
      "mend what is named and run it again",
      error,
    );
  }
}

/** The engine in the folder where set-up leaves it, or a fitting one on PATH. Throws `engine-missing`. */
async function findEngine(): Promise<{ pulumiHome: string; command: automation.PulumiCommand }> {
  const pulumiHome = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
  const root = join(pulumiHome, "versions", ENGINE_VERSION);
  try {
    const own = existsSync(join(root, "bin", "pulumi"));
    return { pulumiHome, command: await automation.PulumiCommand.get(own ? { root } : {}) };
  } catch (error) {
    throw new EngineError(
      "engine-missing",
      root,
      `no Pulumi ${ENGINE_VERSION} there and none on PATH`,
      "run npm start, which installs it",
      error,
    );
  }
}

/** The lines that say what went wrong, out of everything that the engine wrote. */
function firstFault(text: string, error: Error): string {
  const lines = `${text}\n${error.message}`.split("\n").map((line) => line.trim());
  const faults = lines.filter((line) => /^error: /.test(line)).map((line) => line.slice(7));
  return [...new Set(faults)].slice(0, 4).join("; ") || lines.filter(Boolean).slice(-3).join(" | ");
}

class LineReader {
  text = "";
  private rest = "";
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  readonly take = (chunk: string): void => {
    this.text += chunk;
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") this.onLine(line);
  };
}
