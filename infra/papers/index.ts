// Everything that an engineer takes along on paper, from one plan: path → text. Pure but for the layout's own timers: the same plan
// gives the same bytes.
import { hostSpec } from "../deployment/host.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";
import type { HostSpec } from "../platforms/platform.ts";
import type { Intent } from "../province/schema.ts";
import { addressBook, cableList } from "./address-book.ts";
import { topologySvg } from "./drawing.ts";
import { handOff } from "./ds.ts";
import { materialsWithoutVault } from "./materials.ts";
import { sheetOf } from "./sheets.ts";
import { usageRegistration } from "./usage.ts";

/** `ds`: right sides of the DS records by zone; what depends on keys that do not exist yet is left out. */
export async function papersOf(
  plan: Plan,
  intent: Intent,
  ds: ReadonlyMap<string, string> | undefined,
): Promise<Map<string, string>> {
  const { domain } = plan.province;
  const materials = materialsWithoutVault(plan, ds && ((zone) => ds.get(zone)!));
  const own = ds?.get(domain);
  return new Map([
    ["topology.vi.svg", await topologySvg(plan, "vi")],
    ["topology.en.svg", await topologySvg(plan, "en")],
    ["address-book.csv", addressBook(plan)],
    ["cables.csv", cableList(plan)],
    ["dedicated-network.csv", usageRegistration(plan, intent)],
    ...(own === undefined ? [] : [[`ds/${domain}.txt`, handOff(plan, domain, own)] as const]),
    ...plan.devices.map((d) => [`sheets/${d.id}.txt`, sheetOf(plan, d)] as const),
    ...plan.hosts
      .filter((h) => h.role !== "internet" && h.role !== "upstream")
      .flatMap((host) => configsOf(plan, host, hostSpec(plan, host, materials), ds !== undefined)),
  ]);
}

/** Below it stand texts of the daemons; what our own programs are told belongs to the platform. */
const CONFIGURATION = "/etc/";
/** Texts that hold DS records: without keys they would be wrong rather than unfinished. */
const OF_KEYS = /\.zone$|anchors/;

/** The public configuration of a host, as it stands on it: its daemons', its firewall, its kernel's settings, its addresses. */
function configsOf(plan: Plan, host: PlannedHost, spec: HostSpec, withKeys: boolean): [string, string][] {
  const at = (path: string) => `hosts/${host.id}${path}`;
  const texts = spec.files.flatMap(({ path, content }): [string, string][] => {
    if (!("text" in content) || content.text === "" || !path.startsWith(CONFIGURATION)) return [];
    return !withKeys && OF_KEYS.test(path) ? [] : [[at(path), content.text]];
  });
  const settings = Object.entries(spec.sysctls).map(([key, value]) => `${key.replaceAll("/", ".")} = ${value}`);
  return [
    ...texts,
    ...(spec.nftables === undefined ? [] : [[at("/etc/nftables.conf"), spec.nftables] as [string, string]]),
    [at("/etc/sysctl.d/80-vonggac.conf"), `${settings.join("\n")}\n`],
    [at("/addresses.txt"), addresses(plan, host, spec)],
  ];
}

function addresses(plan: Plan, host: PlannedHost, spec: HostSpec): string {
  const lines = [
    ...spec.loopback.map((a) => `lo ${a}`),
    ...spec.bridges.flatMap((b) => b.addresses.map((a) => `${b.device} ${a}`)),
    ...(plan.interfaces.get(host.id) ?? []).flatMap(({ own, peer, link }) =>
      own.address
        ? [
            `${own.device} ${own.address.v6}/${link.length.v6} # ${peer.host}`,
            `${own.device} ${own.address.v4}/${link.length.v4} # ${peer.host}`,
          ]
        : [],
    ),
  ];
  return `${lines.join("\n")}\n`;
}
