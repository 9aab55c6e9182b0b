// The text that goes to who keeps the zone above: which DS records vouch for the province's zone, and its name servers (RFC 4034 §5).
// Pure.
import type { Plan } from "../plan/types.ts";

/** One file a zone that somebody else delegates. `ds`: right side of its DS record. */
export function handOff(plan: Plan, zone: string, ds: string): string {
  const { servers } = plan.zones.find((z) => z.name === zone)!;
  const glue = servers.filter((s) => s.name.endsWith(`.${zone}`));
  return `; Bàn giao cho nơi quản lý vùng cấp trên của ${zone} / Hand-off to the keeper of the zone above ${zone}
; Bản ghi DS / DS record: algorithm 13 (ECDSA P-256, RFC 6605), digest SHA-256 (RFC 4509)
${zone}. IN DS ${ds}
; Máy chủ tên miền / Name servers
${servers.map((s) => `${zone}. IN NS ${s.name}.`).join("\n")}
${glue.map((s) => `${s.name}. IN AAAA ${s.address.v6}\n${s.name}. IN A ${s.address.v4}`).join("\n")}
`;
}
