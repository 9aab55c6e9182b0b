// Whether a host can be reached over the province's own network from where the province is provisioned: the host that the operator's
// machine is led into (HostSpec.forward). On another platform this is the SSH session itself; here the provisioner is
// root on the same machine and would otherwise never notice that it has cut a host off.
import { run } from "./exec.ts";
import type { LinkInputs } from "./model.ts";
import { type Lab, namespacePath } from "./names.ts";
import { appliedHost, hostsOf, linksOf } from "./notes.ts";

/** One way to see a host: an address of it, asked from another host. */
export interface Path {
  from: string;
  address: string;
}

/** The ways over which a host should be seen: by its loopback, else by the addresses of its lines. */
export function pathsTo(lab: Lab, host: string): Path[] {
  const own = ({ a, b }: LinkInputs) => [a, b].filter((end) => end.host === host);
  const from = vantageOf(lab, host);
  if (from === undefined) return [];
  const loopback = appliedHost(lab, host)?.loopback ?? [];
  const addresses =
    loopback.length > 0 ? loopback : linksOf(lab).flatMap((l) => own(l).flatMap((end) => end.addresses));
  return addresses.map((address) => ({ from, address: address.split("/")[0]! }));
}

/** The host that the provisioner stands at; that one itself is seen from a neighbour. */
function vantageOf(lab: Lab, host: string): string | undefined {
  const entrance = hostsOf(lab).find((h) => appliedHost(lab, h)?.forward !== undefined);
  if (entrance !== host) return entrance;
  const line = linksOf(lab).find((l) => l.a.host === host || l.b.host === host);
  return line && (line.a.host === host ? line.b.host : line.a.host);
}

/** Those that answer an echo within a second. */
export async function answering(lab: Lab, paths: readonly Path[]): Promise<Path[]> {
  const heard = await Promise.all(
    paths.map(({ from, address }) =>
      run(["nsenter", `--net=${namespacePath(lab, from)}`, "ping", "-n", "-q", "-c", "1", "-W", "1", address]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, i) => heard[i]);
}

/** The families in which a host is seen: what a change must not lose. */
export const familiesOf = (paths: readonly Path[]): Set<4 | 6> =>
  new Set(paths.map((p) => (p.address.includes(":") ? 6 : 4)));
