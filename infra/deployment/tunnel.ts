// An end of a line over the Internet, as a platform is asked to make it. Pure.
import type { Plan, PlannedEnd, PlannedLink } from "../plan/types.ts";
import type { LinkEnd } from "../platforms/platform.ts";
import type { Materials } from "./facts.ts";

/**
 * Nothing for other lines. Who listens is the hub. It takes from the agency what is the agency's own and no more; the agency takes
 * whatever the hub sends, since its way to everywhere may lead there.
 */
export function tunnelEnd(
  plan: Plan,
  { id, ends, tunnel }: PlannedLink,
  own: PlannedEnd,
  m: Pick<Materials, "tunnelKey" | "fingerprint">,
): Pick<LinkEnd, "tunnel"> {
  if (!tunnel) return {};
  const [upper, lower] = ends;
  const listens = own === upper;
  const { secret } = m.tunnelKey(id, own.host);
  const { publicKey } = m.tunnelKey(id, (listens ? lower : upper).host);
  const { lan, loopback } = plan.byId.get(lower.host)!;
  return {
    tunnel: {
      key: { secret, fingerprint: m.fingerprint(secret) },
      peerKey: publicKey,
      allowed: listens
        ? (["v4", "v6"] as const).flatMap((f) => {
            const whole = f === "v4" ? 32 : 128;
            return [`${lower.address![f]}/${whole}`, `${loopback![f]}/${whole}`, lan!.prefix[f]];
          })
        : ["0.0.0.0/0", "::/0"],
      // IPv4: every Internet line has it, and the tunnel has room for one address. Both families pass within.
      port: listens ? { listen: tunnel.port } : { at: tunnel.port, endpoint: tunnel.endpoint.v4 },
    },
  };
}
