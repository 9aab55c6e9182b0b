// The data centre is reached from this site in every family asked for, and the way there is the dedicated network: the
// kernel's route to each probe leaves by one of the devices of the plan.
import type { Evidence, Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, World } from "../check.ts";
import { parseAddress } from "../wire/address.ts";
import { type Route, routeTo } from "../wire/proc-routes.ts";

/** Room for one SYN that is lost (it is sent again after 1 s). */
const TIMEOUT_MS = 1_500;

type Expects = TargetOf<"datacentre">["expects"];
type Probe = Expects["probes"][number];
type Path = Expects["paths"][number];

export const datacentre: Check<"datacentre"> = {
  id: "datacentre",
  kind: "datacentre",
  sees: "network",
  clauses: ["Circular 06/2026/TT-BKHCN art. 5"],
  async run({ expects }, world) {
    const seen = await Promise.all(expects.probes.map((probe) => look(probe, expects.paths, world)));
    const paths = distinct(seen.flatMap(({ path }) => (path ? [path] : [])));
    return { findings: seen.flatMap(({ findings }) => findings), ...(paths.length > 0 && { facts: pathFacts(paths) }) };
  },
};

async function look(probe: Probe, paths: Path[], world: World): Promise<{ findings: Finding[]; path?: Path }> {
  const reached = await world.connectTcp(probe, TIMEOUT_MS);
  const route = wayTo(probe.address, world);
  const subject = `${probe.address} ${probe.port}`;
  const device = route && !route.rejects ? route.device : "none";
  const path = paths.find((p) => p.device === device);
  const findings: Finding[] = [];
  if (!reached.ok) findings.push({ subject, tag: "DC_UNREACHABLE", evidence: { ...probe, why: reached.why, device } });
  if (!path && device !== "none")
    findings.push({ subject, tag: "DC_PATH_NOT_DEDICATED", evidence: { ...probe, device, expected: devices(paths) } });
  return path && reached.ok ? { findings, path } : { findings };
}

function wayTo(text: string, world: World): Route | undefined {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return routeTo(world.kernel.routes(address.length === 4 ? 4 : 6), address);
}

/** One path as text; families that go different ways as lists. */
function pathFacts(paths: Path[]): Evidence {
  const [first, second] = paths;
  if (!second) return { path: first!.link, hub: first!.hub };
  return { path: paths.map((p) => p.link), hub: paths.map((p) => p.hub) };
}

const devices = (paths: Path[]) => paths.map((p) => p.device);
const distinct = (paths: Path[]) => [...new Map(paths.map((p) => [p.link, p])).values()];
