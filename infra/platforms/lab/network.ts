// A host's own network: sysctls, loopback, bridges, firewall. Links are link.ts.
import { SocketAddress } from "node:net";
import { textOf } from "./content.ts";
import { LabError } from "./errors.ts";
import { quote, run } from "./exec.ts";
import type { HostInputs } from "./model.ts";
import { type Lab, namespacePath } from "./names.ts";

/** Runs a text of sh in a host's network namespace (files and processes are the machine's). */
export const inNetwork = (lab: Lab, host: string, script: string): Promise<string> =>
  run(["nsenter", `--net=${namespacePath(lab, host)}`, "sh", "-s"], { input: script, where: host });

/** Lines for one `ip -batch`, as a here-document of sh. */
export const ipBatch = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : `ip -batch - <<'END' || exit 1\n${lines.join("\n")}\nEND\n`;

/** `addr replace` of one address; IPv6 without duplicate detection, which would keep daemons from it for a second. */
export const addressLine = (address: string, device: string): string =>
  `addr replace ${address} dev ${device}${address.includes(":") ? " nodad" : ""}`;

interface Address {
  local: string;
  prefixlen: number;
  scope: string;
}
export interface Device {
  ifname: string;
  flags: string[];
  operstate: string;
  master?: string;
  addr_info: Address[];
}

/** Devices and addresses of a host, by name. */
export async function devicesOf(lab: Lab, host: string): Promise<Map<string, Device>> {
  const text = await run(["nsenter", `--net=${namespacePath(lab, host)}`, "ip", "-j", "addr"], { where: host });
  return new Map((JSON.parse(text || "[]") as Device[]).map((d) => [d.ifname, d]));
}

/** How many shells read at once. */
const READERS = 2;
let readers = 0;
/** Hosts that somebody asks for and no shell reads yet: a preview of a province asks for hundreds at once, and a hub for each of its links. */
const asked = new Map<string, PromiseWithResolvers<Map<string, Device>>>();

/** The same for those who only read: what is asked while the shells are busy is read together by the next one. */
export function devicesSeen(lab: Lab, host: string): Promise<Map<string, Device>> {
  const path = namespacePath(lab, host);
  const found = asked.get(path);
  if (found) return found.promise;
  const ask = Promise.withResolvers<Map<string, Device>>();
  asked.set(path, ask);
  // In the next turn: whoever asks in this one is read along.
  setImmediate(readAsked);
  return ask.promise;
}

async function readAsked(): Promise<void> {
  if (readers >= READERS || asked.size === 0) return;
  readers++;
  const batch = [...asked];
  asked.clear();
  const script = batch.map(([path]) => `nsenter --net=${quote(path)} ip -j addr || echo null\n`).join("");
  try {
    const lines = (await run(["sh", "-s"], { input: script, where: "devices" })).split("\n");
    for (const [i, [path, ask]] of batch.entries()) {
      const devices = JSON.parse(lines[i] || "null") as Device[] | null;
      if (devices) ask.resolve(new Map(devices.map((d) => [d.ifname, d])));
      else ask.reject(new LabError("namespace-missing", path, "it cannot be entered", "run the lab's up again"));
    }
  } catch (error) {
    for (const [, ask] of batch) ask.reject(error);
  } finally {
    readers--;
    void readAsked();
  }
}

/** An address with prefix length as the kernel spells it. */
export function canonical(address: string): string {
  const [ip, length] = address.split("/") as [string, string];
  return ip.includes(":") ? `${new SocketAddress({ address: ip, family: "ipv6" }).address}/${length}` : address;
}

/** A device's addresses with prefix lengths, without link-local ones and the loopback's own. */
export const addressesOf = (device: Device | undefined): string[] =>
  (device?.addr_info ?? [])
    .filter((a) => a.scope !== "link" && a.scope !== "host")
    .map((a) => `${a.local}/${a.prefixlen}`);

/**
 * Makes the host's network as its inputs say, whatever is there; `fresh`: nothing is. Throws `command-failed` with the line
 * that the kernel refused.
 */
export async function configureNetwork(
  lab: Lab,
  inputs: HostInputs,
  before: HostInputs | undefined,
  fresh: boolean,
): Promise<void> {
  const devices = fresh ? new Map<string, Device>() : await devicesOf(lab, inputs.host);
  const bridges = new Map(inputs.bridges.map((b) => [b.device, b.addresses]));
  const stale = (before?.bridges ?? []).filter((b) => !bridges.has(b.device) && devices.has(b.device));
  const lines = [
    "link set lo up",
    ...stale.map((b) => `link del ${b.device}`),
    ...[...bridges.keys()]
      .filter((d) => !devices.has(d))
      .map((d) => `link add ${d} type bridge stp_state 0 mcast_snooping 0`),
    ...addressLines("lo", inputs.loopback, devices.get("lo")),
    ...[...bridges].flatMap(([device, wanted]) => [
      ...addressLines(device, wanted, devices.get(device)),
      `link set ${device} up`,
    ]),
  ];
  await inNetwork(
    lab,
    inputs.host,
    sysctlScript(inputs.sysctls) + ipBatch(lines) + firewallScript(lab, inputs, before),
  );
}

/** What makes a device's addresses the wanted ones, touching none that is right. */
export function addressLines(device: string, addresses: readonly string[], found: Device | undefined): string[] {
  const wanted = addresses.map(canonical);
  const there = new Set(addressesOf(found));
  const gone = [...there].filter((a) => !wanted.includes(a));
  return [
    ...gone.map((a) => `addr del ${a} dev ${device}`),
    ...wanted.filter((a) => !there.has(a)).map((a) => addressLine(a, device)),
  ];
}

const sysctlScript = (sysctls: Record<string, string>): string =>
  Object.entries(sysctls)
    .map(
      ([key, value]) =>
        `echo ${quote(value)} > ${quote(`/proc/sys/net/${key}`)} || { echo "sysctl ${key}" >&2; exit 1; }\n`,
    )
    .join("");

function firewallScript(lab: Lab, inputs: HostInputs, before: HostInputs | undefined): string {
  if (inputs.nftables === undefined) return before?.nftables === undefined ? "" : "nft flush ruleset || exit 1\n";
  // One transaction: the old rules stand until the new ones do.
  return `nft -f - <<'END' || exit 1\nflush ruleset\n${textOf(lab, inputs.nftables)}\nEND\n`;
}
