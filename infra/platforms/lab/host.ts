// A host as one thing: brought to what its inputs say from whatever is there (nothing, half of it after a killed run, an
// older version), read back, and removed. Every step leaves alone what is right.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureOwnAccounts } from "./accounts.ts";
import { convergeDaemon } from "./daemons.ts";
import { LabError } from "./errors.ts";
import { makeDirectories, removeFiles, seenFile, writeFiles } from "./files.ts";
import type { HostInputs } from "./model.ts";
import { coversOf, enterScript } from "./mounts.ts";
import { hostRoot, type Lab, namespaceOf, notesDir } from "./names.ts";
import { addNamespace, deleteNamespaces, endProcesses, namespaceInode } from "./netns.ts";
import { addressesOf, canonical, configureNetwork, devicesSeen } from "./network.ts";
import { appliedHost, daemonsInOrder, dropEmptyFolders, rememberHost } from "./notes.ts";
import { pidOf, stopDaemon } from "./process.ts";

/** Brings the host up or up to date. Only what makes the network is started here; the rest needs it (services.ts). */
export async function convergeHost(lab: Lab, inputs: HostInputs): Promise<void> {
  await ensureOwnAccounts();
  const before = appliedHost(lab, inputs.host);
  mkdirSync(notesDir(lab, inputs.host), { recursive: true, mode: 0o755 });
  const fresh = await addNamespace(namespaceOf(lab, inputs.host));
  await configureNetwork(lab, inputs, before, fresh);
  makeDirectories(lab, inputs);
  const rewritten = writeFiles(lab, inputs);
  removeFiles(
    lab,
    inputs.host,
    Object.keys(before?.files ?? {}).filter((path) => !(path in inputs.files)),
  );
  writeView(lab, inputs);
  for (const name of Object.keys(before?.daemons ?? {}))
    if (!(name in inputs.daemons)) await stopDaemon(lab, inputs.host, name);
  for (const [name, daemon] of daemonsInOrder(inputs))
    if (daemon.role === "network" || pidOf(lab, inputs.host, name) !== undefined)
      await convergeDaemon(lab, inputs, name, rewritten);
  rememberHost(lab, inputs);
}

/** The host's own folders and the script that puts a process among them. */
function writeView(lab: Lab, inputs: HostInputs): void {
  const root = hostRoot(lab, inputs.host);
  for (const { path, kind } of coversOf(inputs)) {
    if (!existsSync(path))
      throw new LabError(
        "mountpoint-missing",
        `${inputs.host}:${path}`,
        "the machine has no such path to cover",
        "install the daemon's package: npm start",
      );
    if (kind === "folder") mkdirSync(join(root, path), { recursive: true });
  }
  if (inputs.runtime) mkdirSync(join(root, "opt/vonggac"), { recursive: true });
  if (inputs.resolvers.length > 0) {
    mkdirSync(join(root, "etc"), { recursive: true });
    writeFileSync(
      join(root, "etc/resolv.conf"),
      `${inputs.resolvers.map((r) => `nameserver ${r}`).join("\n")}\noptions edns0 trust-ad timeout:2 attempts:2\n`,
    );
  }
  writeFileSync(join(notesDir(lab, inputs.host), "enter"), enterScript(root, inputs, lab), { mode: 0o755 });
}

/**
 * The inputs as they are found on the machine: what is missing or different is missing or different in them, so that the
 * engine's comparison names it. Undefined when the host is not there.
 */
export async function readHost(lab: Lab, inputs: HostInputs): Promise<HostInputs | undefined> {
  if (namespaceInode(namespaceOf(lab, inputs.host)) === undefined) return undefined;
  const devices = await devicesSeen(lab, inputs.host);
  const has = (device: string) => {
    const there = new Set(addressesOf(devices.get(device)));
    return (address: string) => there.has(canonical(address));
  };
  const files = Object.entries(inputs.files).flatMap(([path, line]) => {
    const seen = seenFile(lab, inputs.host, path, line);
    return seen === undefined ? [] : [[path, seen] as const];
  });
  const running = Object.entries(inputs.daemons).filter(
    ([name, d]) => d.role !== "network" || pidOf(lab, inputs.host, name) !== undefined,
  );
  return {
    ...inputs,
    loopback: inputs.loopback.filter(has("lo")),
    bridges: inputs.bridges
      .filter((b) => devices.has(b.device))
      .map((b) => ({ ...b, addresses: b.addresses.filter(has(b.device)) })),
    files: Object.fromEntries(files),
    daemons: Object.fromEntries(running),
  };
}

/** Ends the host: its processes, its namespace, its folder. Durable folders stay in the state folder. */
export async function deleteHost(lab: Lab, host: string): Promise<void> {
  const name = namespaceOf(lab, host);
  if (namespaceInode(name) !== undefined) {
    await endProcesses([name]);
    await deleteNamespaces([name]);
  }
  rmSync(hostRoot(lab, host), { recursive: true, force: true });
  dropEmptyFolders(lab);
}
