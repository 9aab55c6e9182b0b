// More for agents of a standing lab to watch than the plan of its province says: sshd's log at agencies' own hosts. Signed as
// everything is that agents are told, by the lab's vault, and taken back at the end. Whoever writes into the log is then sshd.
import { appendFileSync, chownSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openVault, signedAssignments } from "../../infra/vault/index.ts";
import type { Registry, Target, TargetStatus } from "../../protocol/index.ts";
import { admin, ROOT, runFolder, STACK, until } from "./lab.ts";

const FOLDER = path.join(runFolder("console"), "run/vonggac");
const [REGISTRY, ASSIGNMENTS] = ["registry.json", "assignments.json"].map((f) => path.join(FOLDER, f)) as [
  string,
  string,
];
/** Beside sshd's own on the bastion, with its rules. */
const LOG = "/var/log/vonggac/story-sshd.log";

/** Has the agents of these hosts watch a log of sshd, and waits until they do. Gives what takes it back. */
export async function watchLogs(hosts: string[]): Promise<() => void> {
  const kept = readFileSync(REGISTRY, "utf8");
  const registry = JSON.parse(kept) as Registry;
  const sample = registry.targets.find((t) => t.kind === "ssh-log")!;
  const more = hosts.map((host): Target => {
    const { agency } = registry.agents.find((a) => a.id === host)!;
    mkdirSync(path.dirname(logOf(host)), { recursive: true });
    writeFileSync(logOf(host), "", { mode: 0o644 });
    const expects = { ...(sample.expects as object), path: LOG };
    return { ...sample, id: `${host}/ssh-log/story`, agency, agent: host, asset: host, expects } as Target;
  });
  put({ ...registry, version: `${registry.version}-story`, targets: [...registry.targets, ...more] });
  await until("the agents watch the logs", 20_000, async () => {
    const targets = await admin<TargetStatus[]>("/targets");
    return more.every((t) => targets.find((s) => s.target === t.id)?.status === "good");
  });
  return () => put(JSON.parse(kept) as Registry);
}

/** Refused log-ins by one source, as OpenSSH writes them. */
export function refusedLogins(host: string, source: string, count: number): void {
  const lines = Array.from(
    { length: count },
    (_, i) => `Failed password for root from ${source} port ${41_000 + i} ssh2\n`,
  );
  appendFileSync(logOf(host), lines.join(""));
}

const logOf = (host: string): string => path.join(runFolder(host), LOG);

/** Registry and assignments, where the running console sees them change. */
function put(registry: Registry): void {
  const vault = openVault(path.join(ROOT, ".vonggac/stacks", STACK, "vault"), Date.now());
  const agents = registry.agents.map((a) => a.id);
  replace(ASSIGNMENTS, JSON.stringify(signedAssignments(vault, agents, registry.targets)));
  replace(REGISTRY, JSON.stringify(registry));
}

function replace(file: string, text: string): void {
  const { uid, gid, mode } = statSync(file);
  writeFileSync(`${file}.new`, text, { mode: mode & 0o777 });
  chownSync(`${file}.new`, uid, gid);
  renameSync(`${file}.new`, file);
}
