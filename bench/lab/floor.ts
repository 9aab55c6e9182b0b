// The floor: the same namespaces, devices, addresses and kernel settings by nothing but `ip -batch` and a shell in each namespace. No daemon, no
// file, no state; what the kernel and iproute2 take, the provisioner cannot undercut.

import { quote, run } from "../../infra/platforms/lab/exec.ts";
import { namespacePath } from "../../infra/platforms/lab/names.ts";
import { deleteNamespaces } from "../../infra/platforms/lab/netns.ts";
import type { Deployment, HostSpec, LinkEnd } from "../../infra/platforms/platform.ts";

const AT_ONCE = 16;

/** Seconds to make it; it is removed afterwards. */
export async function floorSeconds({ hosts, links }: Deployment, stack: string): Promise<number> {
  const name = (host: string) => `vg${stack}-${host}`;
  const startedAt = performance.now();
  try {
    const lines = [
      ...hosts.map((h) => `netns add ${name(h.id)}`),
      ...links.map(
        ({ a, b }) =>
          `link add ${a.device} netns ${name(a.host)} type veth peer name ${b.device} netns ${name(b.host)}`,
      ),
    ];
    await run(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n`, timeoutMs: 300_000 });
    const ends = Map.groupBy(
      links.flatMap((l) => [l.a, l.b]),
      (end) => end.host,
    );
    const waiting = [...hosts];
    const worker = async () => {
      for (let host = waiting.shift(); host; host = waiting.shift())
        await run(["nsenter", `--net=${namespacePath({ stack, stateDir: "", checkout: "" }, host.id)}`, "sh", "-s"], {
          input: script(host, ends.get(host.id) ?? []),
        });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await deleteNamespaces(hosts.map((h) => name(h.id)));
  }
}

function script(host: HostSpec, ends: LinkEnd[]): string {
  const sysctls = Object.entries(host.sysctls).map(([k, v]) => `echo ${quote(v)} > ${quote(`/proc/sys/net/${k}`)}`);
  const nodad = (address: string) => (address.includes(":") ? " nodad" : "");
  const batch = [
    "link set lo up",
    ...host.loopback.map((a) => `addr add ${a} dev lo${nodad(a)}`),
    ...host.bridges.flatMap((b) => [
      `link add ${b.device} type bridge`,
      ...b.addresses.map((a) => `addr add ${a} dev ${b.device}${nodad(a)}`),
      `link set ${b.device} up`,
    ]),
    ...ends.flatMap((e) => [
      ...e.addresses.map((a) => `addr add ${a} dev ${e.device}${nodad(a)}`),
      `link set ${e.device}${e.bridge ? ` master ${e.bridge}` : ""} up`,
      ...e.routes.map((r) => `route add ${r.to} via ${r.via} dev ${e.device}`),
    ]),
  ];
  return `${sysctls.join("\n")}\nip -batch - <<'END'\n${batch.join("\n")}\nEND\n`;
}
