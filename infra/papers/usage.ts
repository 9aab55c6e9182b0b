// The figures by which the province registers its use of the dedicated data network (Decision 33/2025/QĐ-TTg, Circular
// 06/2026/TT-BKHCN): of each agency its level, channels and capacity; and where a figure does not do what the level asks. Pure.
import type { Bilingual } from "../../protocol/registry.ts";
import type { Plan, PlannedLink } from "../plan/types.ts";
import type { Intent } from "../province/schema.ts";
import { csvText } from "./csv.ts";

interface Registered {
  id: string;
  name: Bilingual;
  level: string;
  dedicated: "I" | "II" | undefined;
  channels: PlannedLink[];
  /** Data centres to which its channels lead: two hubs in one place are one physical route in the end. */
  places: number;
  capacityMbps: number | undefined;
}

/** The agencies with at least one channel of the dedicated network, in the order of the file. */
export function registered(plan: Plan, intent: Intent): Registered[] {
  const levels = new Map(intent.levels.map((l) => [l.id, l]));
  return intent.agencies.flatMap((agency): Registered[] => {
    const interfaces = plan.interfaces.get(agency.id) ?? [];
    const channels = interfaces.flatMap(({ link }) => (link.medium === "dedicated" ? [link] : []));
    if (channels.length === 0) return [];
    const widths = channels.map((l) => l.terms?.capacityMbps);
    return [
      {
        id: agency.id,
        name: agency.name,
        level: agency.level,
        dedicated: agency.dedicated ?? levels.get(agency.level)?.dedicated,
        channels,
        places: new Set(channels.map((l) => plan.byId.get(l.ends[0].host)!.agency)).size,
        // A sum over some of the channels would be taken for the whole.
        capacityMbps: widths.every((w) => w !== undefined) ? widths.reduce((sum, w) => sum + w, 0) : undefined,
      },
    ];
  });
}

/** Level I asks for two channels on two physical routes (art. 5.6). */
export const lacksRoutes = ({ dedicated, channels, places }: Registered): boolean =>
  dedicated === "I" && (channels.length < 2 || places < 2);

/** The table, an agency a row; a figure that nobody stated stays empty for whoever fills the form in. */
export function usageRegistration(plan: Plan, intent: Intent): string {
  const header = [
    "agency",
    "name_vi",
    "name_en",
    "level",
    "dedicated_level",
    "channels",
    "data_centres",
    "capacity_mbps",
    "providers",
    "contracts",
    "remark",
  ];
  const rows = registered(plan, intent).map((r) => {
    const stated = (key: "provider" | "contract") =>
      [...new Set(r.channels.flatMap((l) => l.terms?.[key] ?? []))].join("; ");
    const remark = lacksRoutes(r) ? "level I needs two channels on two routes" : "";
    return [
      r.id,
      r.name.vi,
      r.name.en,
      r.level,
      r.dedicated,
      r.channels.length,
      r.places,
      r.capacityMbps,
      stated("provider"),
      stated("contract"),
      remark,
    ];
  });
  return csvText(header, rows);
}
