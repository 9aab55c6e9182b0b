// How machines in an agency's own network configure themselves (SLAAC): the agency's gateway announces itself as their router, the
// network's prefix, the province's resolvers and its domain. BIRD does it too, so that no agency needs a daemon more. Pure.
import { LAN_DEVICE } from "../plan/links.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";

/** Seconds between two announcements that nobody asked for (RFC 4861 §6.2.1); who comes asks, and is answered within seconds. */
const INTERVAL_SECONDS = 600;

/**
 * Router advertisements of a site; nothing for other hosts. Without a default route of its own it says that it is nobody's way out
 * (RFC 7084 G-4), and goes on telling prefix and resolvers.
 */
export function routerAdvertisements({ resolvers, province }: Plan, { role, lan }: PlannedHost): string[] {
  if (role !== "site" || !lan) return [];
  return [
    `protocol radv campus {
  ipv6 { import none; export where net = ::/0; };
  trigger ::/0;
  interface "${LAN_DEVICE}" {
    max ra interval ${INTERVAL_SECONDS};
    prefix ${lan.prefix.v6} { };
    # RFC 8106.
    rdnss { ${resolvers.map((r) => `ns ${r.v6};`).join(" ")} };
    dnssl { domain "${province.domain}"; };
  };
}`,
  ];
}
