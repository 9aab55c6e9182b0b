// A device that is not ours to configure (a provider's router, a switch, a UPS) is there, at its address in each family. This host stands in its
// network, so that one attempt to open a port tells: opened or refused, somebody answers; no host, nobody has the address. Which port is all
// the same, and a device that answers nothing is known all the same, because the kernel asks for its neighbour first (RFC 826, RFC 4861 §7.2).
import type { Finding } from "../../protocol/finding.ts";
import type { Check } from "../check.ts";

/** Discard (RFC 863): whatever comes of it, nothing is done. */
const PORT = 9;
/** A neighbour is asked for three times, a second apart; who has not failed by then is there, and silent. */
const TIMEOUT_MS = 4_500;

const missing = (address: string, why: string): Finding => ({
  subject: address,
  tag: "DEVICE_UNREACHABLE",
  evidence: { address, why },
});

export const device: Check<"device"> = {
  id: "device",
  kind: "device",
  sees: "network",
  clauses: ["Decree 333/2026/NĐ-CP art. 7", "RFC 826", "RFC 4861 §7.2"],
  async run({ expects: { device: own, addresses } }, world) {
    // Without a carrier nobody is asked for, and nothing says that there is no host.
    const state = world.kernel.device(own);
    if (state !== "running") return { findings: addresses.map((address) => missing(address, `${own} ${state}`)) };
    const seen = await Promise.all(
      addresses.map(async (address): Promise<Finding[]> => {
        const to = await world.connectTcp({ address, port: PORT }, TIMEOUT_MS);
        if (to.ok || to.why !== "unreachable") return [];
        return [missing(address, to.why)];
      }),
    );
    return { findings: seen.flat() };
  },
};
