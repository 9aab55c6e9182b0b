// The front door of infra for the command line: what an operator can ask of a lab. Each function tells its progress as
// events and throws named errors; texts are the caller's.
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { forgetStack, hasStack } from "./engine/backend.ts";
import { destroy, type Engine, letGo, preview, release, type Summary, up } from "./engine/engine.ts";
import { EngineError } from "./engine/errors.ts";
import { type FieldTrust, fieldTrustOf } from "./field.ts";
import { type EngineStep, type Impact, impactOf } from "./impact/index.ts";
import { writeTree } from "./platforms/files/index.ts";
import { adminSocketOf, requestAdmin } from "./platforms/lab/admin.ts";
import { dropOtherTexts, keptText } from "./platforms/lab/content.ts";
import { convergeDaemon } from "./platforms/lab/daemons.ts";
import { LabError } from "./platforms/lab/errors.ts";
import { undoAll } from "./platforms/lab/faults/index.ts";
import { testForward } from "./platforms/lab/forward.ts";
import { hostInputs } from "./platforms/lab/model.ts";
import { DEFAULT_STACK, type Lab, prefixOf } from "./platforms/lab/names.ts";
import { appliedHost, hostsOf } from "./platforms/lab/notes.ts";
import { own, standing } from "./platforms/lab/owner.ts";
import { waitReady } from "./platforms/lab/ready.ts";
import { daemonsOf, type LabStatus, portHolder, statusOf } from "./platforms/lab/status.ts";
import { sweep } from "./platforms/lab/sweep.ts";
import { DEFAULT_LISTEN, DEFAULT_PORT, stackProgram } from "./stack.ts";
import {
  channelSecret,
  forgetRootKey,
  keepBrought,
  openVault,
  PROVIDER_SECRET,
  restoreRootKey,
  sealedRootKey,
  tokenSecret,
} from "./vault/index.ts";
import { type ProofName, type Verified, verify } from "./verify/index.ts";

export type { Effect, Impact } from "./impact/index.ts";
export type { ProofName, Verified } from "./verify/index.ts";

export type Progress =
  | { stage: "plan" | "preview" | "provision" | "daemons" | "routing" | "agents" | "services" | "destroy" | "sweep" }
  /** One host, link or group of the engine's is done. */
  | { stage: "resource"; kind: string; name: string; done: string };

export interface LabOptions {
  stack?: string | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

const CHECKOUT = resolve(import.meta.dirname, "..");
const READY_MS = 90_000;
/** Below the default stack's state folder: the folders of the other stacks, which outlive it. */
const STACKS = "stacks";

/** What is up, for the next `up` and for other programs (`lab.json` in the state folder). */
interface LabNote {
  stack: string;
  province: string;
  agencies?: number | undefined;
  port: number;
  listen: string;
  url: string;
  upAt: number;
}

/** The lab of a stack: the default one's state folder, or one below it for another stack. Throws `not-root`, `not-linux`. */
function labOf({ stack = DEFAULT_STACK }: LabOptions): Lab {
  prefixOf(stack);
  if (process.platform !== "linux")
    throw new LabError("not-linux", process.platform, "the lab is made of Linux namespaces", "use a Linux machine");
  if (process.getuid?.() !== 0) throw new LabError("not-root", "lab", "namespaces need root", "run it with sudo");
  const state = join(CHECKOUT, ".vonggac");
  return { stack, stateDir: stack === DEFAULT_STACK ? state : join(state, STACKS, stack), checkout: CHECKOUT };
}

/**
 * Brings the lab up or up to date and waits until everything in it answers. What is not given is as the running lab has it,
 * else by default. Throws LabError, EngineError, and what reading the province throws.
 */
export async function labUp(
  options: LabOptions & {
    agencies?: number | undefined;
    port?: number | undefined;
    listen?: string | undefined;
    provinceFile?: string | undefined;
  },
): Promise<{ url: string; summary: Summary; engineMs: number; readyMs: number }> {
  const lab = labOf(options);
  const note = readNote(lab);
  const port = options.port ?? note?.port ?? DEFAULT_PORT;
  const listen = options.listen ?? note?.listen ?? DEFAULT_LISTEN;
  const agencies = options.agencies ?? note?.agencies;
  if (!portHolder(lab, listen, port)) await testForward({ listen, port });
  options.onProgress?.({ stage: "plan" });
  const provinceFile = options.provinceFile ?? join(CHECKOUT, "province.yaml");
  const provisioned = hasStack(lab.stateDir, lab.stack);
  const program = await stackProgram({ ...lab, provinceFile, provisioned, agencies, port, listen });
  await takePlace(lab, program.root ?? "", provisioned, options);
  options.onProgress?.({ stage: "provision" });
  const startedAt = performance.now();
  // What cannot be undone now (its host is gone) is made anew below.
  await undoAll(lab).catch(() => {});
  const summary = await up(engineOf(lab, program.run, options));
  const { url, deployment, registry } = program;
  writeNote(lab, { stack: lab.stack, province: deployment.province, agencies, port, listen, url, upAt: Date.now() });
  dropOtherTexts(
    lab.stateDir,
    deployment.hosts.flatMap((h) => hostInputs(h).texts),
  );
  const readyAt = performance.now();
  await waitReady(lab, registry, { deadlineMs: READY_MS, onStage: (stage) => options.onProgress?.({ stage }) });
  return { url, summary, engineMs: Math.round(readyAt - startedAt), readyMs: Math.round(performance.now() - readyAt) };
}

/** Sweeps what lies under the stack's name and answers to nobody, and marks the place. Throws `lab-of-another`. */
async function takePlace(lab: Lab, root: string, known: boolean, options: LabOptions): Promise<void> {
  if (standing(lab, root, known) === "remains") {
    options.onProgress?.({ stage: "sweep" });
    await sweep(lab);
  }
  own(lab, root);
}

/**
 * What the next `up` with these options would mean: the engine previews it, nothing is changed. Throws what labUp throws.
 */
export async function labImpact(
  options: LabOptions & { agencies?: number | undefined; provinceFile?: string | undefined },
): Promise<Impact> {
  const lab = labOf(options);
  const note = readNote(lab);
  options.onProgress?.({ stage: "plan" });
  const program = await stackProgram({
    ...lab,
    provinceFile: options.provinceFile ?? join(CHECKOUT, "province.yaml"),
    provisioned: hasStack(lab.stateDir, lab.stack),
    preview: true,
    look: true,
    agencies: options.agencies ?? note?.agencies,
    port: note?.port,
    listen: note?.listen,
  });
  options.onProgress?.({ stage: "preview" });
  const steps: EngineStep[] = [];
  await preview({ ...engineOf(lab, program.run, {}), onStep: (step) => steps.push(step) });
  return impactOf(steps, (hash) => keptText(lab.stateDir, hash));
}

/**
 * Holds what runs against what province.yaml plans now, by packets, routes, rules and names; changes nothing. Throws `lab-not-up`, and
 * what reading the province throws.
 */
export async function labVerify(
  options: LabOptions & {
    all?: boolean | undefined;
    only?: readonly ProofName[] | undefined;
    provinceFile?: string | undefined;
    onProof?: (name: ProofName) => void;
  },
): Promise<Verified> {
  const lab = standingLab(options);
  const note = readNote(lab);
  const made = await stackProgram({
    ...lab,
    provinceFile: options.provinceFile ?? join(CHECKOUT, "province.yaml"),
    provisioned: true,
    preview: true,
    look: true,
    agencies: note?.agencies,
    port: note?.port,
    listen: note?.listen,
  });
  return verify(lab, made, { allSites: options.all ?? false, only: options.only, onProof: options.onProof });
}

/**
 * Ends the lab, whatever of it there is. The console's record stays unless `purge`. Where the engine cannot destroy what it
 * knows (`engineFault`), the machine is swept by name all the same, and the engine's knowledge of it dropped. Safe to repeat.
 */
export async function labDown(
  options: LabOptions & { purge?: boolean | undefined },
): Promise<{ wasUp: boolean; engineFault?: string }> {
  const lab = labOf(options);
  const known = hasStack(lab.stateDir, lab.stack);
  options.onProgress?.({ stage: "destroy" });
  const fault = known ? await destroyOrTell(lab, options) : undefined;
  options.onProgress?.({ stage: "sweep" });
  const swept = await sweep(lab);
  if (swept.processesLeft.length > 0)
    throw new LabError(
      "command-failed",
      `processes ${swept.processesLeft.join(", ")}`,
      "do not end",
      "look what holds them",
    );
  if (fault !== undefined) forgetStack(lab);
  if (options.purge) purge(lab);
  else rmSync(noteFile(lab), { force: true });
  return { wasUp: known || swept.namespaces > 0, ...(fault !== undefined && { engineFault: fault }) };
}

/** Record, keys and engine state of this stack, whether it was up or had been taken down before. */
function purge(lab: Lab): void {
  if (!existsSync(lab.stateDir)) return;
  for (const entry of readdirSync(lab.stateDir))
    if (entry !== STACKS) rmSync(join(lab.stateDir, entry), { recursive: true, force: true });
}

async function destroyOrTell(lab: Lab, options: LabOptions): Promise<string | undefined> {
  try {
    const engine = engineOf(lab, async () => ({}), options);
    await release(engine);
    await destroy(engine);
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "engine-busy") throw error;
    return error.message;
  }
}

/**
 * Lets a protected host go, on purpose: the next `up` of a province without it removes it, with the key or record that it alone holds.
 * Who did so and when is written down in the state folder first. Throws `engine-unprotected`.
 */
export async function labLetGo(options: LabOptions & { host: string }): Promise<{ released: string[] }> {
  const lab = labOf(options);
  const by = { uid: process.getuid?.(), user: process.env["SUDO_USER"] ?? userInfo().username };
  const entry = { at: new Date().toISOString(), ...by, stack: lab.stack, act: "let-go", host: options.host };
  if (hasStack(lab.stateDir, lab.stack))
    appendFileSync(join(lab.stateDir, "acts.log"), `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
  // In the console's audit too, where it runs: what is let go may be the console itself, and then the file alone knows.
  const told = new URLSearchParams({ host: options.host, by: by.user });
  await requestAdmin(lab, "POST", `/let-go?${told}`).catch(() => undefined);
  return {
    released: await letGo(
      engineOf(lab, async () => ({}), options),
      options.host,
    ),
  };
}

/** What stands now, and where its page is. */
export async function labStatus(options: LabOptions): Promise<LabStatus & { url?: string }> {
  const lab = labOf(options);
  const url = readNote(lab)?.url;
  return { ...(await statusOf(lab)), ...(url !== undefined && { url }) };
}

/** Starts every daemon that does not run, as it was last applied; gives their names. */
export async function labHeal(options: LabOptions): Promise<{ started: string[] }> {
  const lab = labOf(options);
  if (hostsOf(lab).length === 0) throw new LabError("lab-not-up", lab.stack, "it has no host here", "run lab up first");
  const started = await Promise.all(
    hostsOf(lab).map(async (host) => {
      const inputs = appliedHost(lab, host);
      const down = inputs ? daemonsOf(lab, host).filter((d) => d.state === "down") : [];
      for (const daemon of down) await convergeDaemon(lab, inputs!, daemon.name);
      return down.map((d) => `${host}/${d.name}`);
    }),
  );
  return { started: started.flat() };
}

/**
 * Writes what every host needs as a tree of files (platforms/files): the deployment of the lab, for machines that an engineer fills.
 * `withSecrets`: keys and tokens too. Throws FilesError and what reading the province throws.
 */
export async function filesTree(options: {
  out: string;
  withSecrets?: boolean | undefined;
  agencies?: number | undefined;
  provinceFile?: string | undefined;
}): Promise<ReturnType<typeof writeTree>> {
  const stateDir = join(CHECKOUT, ".vonggac");
  const { deployment } = await stackProgram({
    stack: DEFAULT_STACK,
    checkout: CHECKOUT,
    stateDir,
    provinceFile: options.provinceFile ?? join(CHECKOUT, "province.yaml"),
    provisioned: hasStack(stateDir, DEFAULT_STACK),
    preview: true,
    agencies: options.agencies,
  });
  const secret = (name: string) => readFileSync(join(stateDir, "vault", name));
  return writeTree(deployment, { out: resolve(options.out), ...(options.withSecrets && { secret }) });
}

/** What a province's agents have to know, all of it public: the same for each but for its name. Throws what reading the province throws. */
export async function fieldTrust(options: LabOptions & { provinceFile?: string | undefined }): Promise<FieldTrust> {
  const lab = labOf(options);
  const note = readNote(lab);
  const { deployment } = await stackProgram({
    ...lab,
    provinceFile: options.provinceFile ?? join(CHECKOUT, "province.yaml"),
    provisioned: hasStack(lab.stateDir, lab.stack),
    preview: true,
    agencies: note?.agencies,
    port: note?.port,
    listen: note?.listen,
  });
  return fieldTrustOf(deployment.hosts);
}

/** The one-time token of an agent of the plan. Throws VaultError `secret-missing`. */
export const agentToken = ({ agent, ...options }: LabOptions & { agent: string }): string =>
  vaultOf(options).read(tokenSecret(agent));

/** Asks the console for a code that signs one person in once. */
export const signInCode = (options: LabOptions): Promise<{ code: string; expiresAt: number }> =>
  requestAdmin(labOf(options), "POST", "/signin-code");

/** What a copy of the console's record holds; the console itself has verified it. */
interface RecordCopy {
  file: string;
  bytes: number;
  sha256: string;
  items: number;
  incidents: number;
  newestAt: number;
}

/** Has the running console copy its record, and verify the copy. */
export const backUpConsole = (options: LabOptions): Promise<RecordCopy> =>
  requestAdmin(labOf(options), "POST", "/backup");

/** Puts the console's secret at the identity provider into the vault; the next `lab up` hands it over. */
export const keepProvider = ({ secret, ...options }: LabOptions & { secret: string }): void =>
  keepBrought(vaultOf(options), PROVIDER_SECRET, secret);

/** Puts a channel's secret into the vault, under the name that province.yaml calls it by; the next `lab up` hands it over. */
export const keepChannelSecret = ({ name, secret, ...options }: LabOptions & { name: string; secret: string }): void =>
  keepBrought(vaultOf(options), channelSecret(name), secret);

interface RootKeyOptions extends LabOptions {
  file: string;
  passphrase: string;
}

/** Writes the root's key, sealed, to a new file, and forgets it once the file has been read back. Throws VaultError. */
export function takeOutRootKey({ file, passphrase, ...options }: RootKeyOptions): void {
  const vault = vaultOf(options);
  const sealed = sealedRootKey(vault, passphrase);
  writeFileSync(file, sealed, { mode: 0o600, flag: "wx", flush: true });
  restoreRootKey(vault, readFileSync(file, "utf8"), passphrase);
  forgetRootKey(vault);
}

/** Puts the root's key back from such a file. Throws VaultError. */
export const bringBackRootKey = ({ file, passphrase, ...options }: RootKeyOptions): void =>
  restoreRootKey(vaultOf(options), readFileSync(file, "utf8"), passphrase);

const vaultOf = (options: LabOptions) => openVault(join(labOf(options).stateDir, "vault"), Date.now());

/** The socket at which the lab's console takes whoever holds this machine for its operator. */
export const consoleSocket = (options: LabOptions): string => adminSocketOf(labOf(options));

/** The lab that faults are injected into. Throws `lab-not-up`. */
export function standingLab(options: LabOptions): Lab {
  const lab = labOf(options);
  if (hostsOf(lab).length === 0) throw new LabError("lab-not-up", lab.stack, "it has no host here", "run lab up first");
  return lab;
}

const engineOf = (lab: Lab, program: Engine["program"], options: LabOptions): Engine => ({
  ...lab,
  program,
  onResource: (op, type, name) => {
    const kind = type.split(":").at(-1)!;
    if (op !== "same" && op !== "refresh") options.onProgress?.({ stage: "resource", kind, name, done: op });
  },
});

const noteFile = (lab: Lab) => join(lab.stateDir, "lab.json");

function readNote(lab: Lab): LabNote | undefined {
  return existsSync(noteFile(lab)) ? (JSON.parse(readFileSync(noteFile(lab), "utf8")) as LabNote) : undefined;
}

const writeNote = (lab: Lab, note: LabNote) =>
  writeFileSync(noteFile(lab), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
