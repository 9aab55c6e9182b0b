// Routing against the plan: every planned session stands and no other does, every network of the province is known where it must be,
// and what BIRD has chosen is what the kernel forwards by.
import type { Interface, Plan, PlannedHost } from "../plan/types.ts";
import { askBird, protocolsOf } from "../platforms/lab/bird.ts";
import { run } from "../platforms/lab/exec.ts";
import { birdSocket, type Lab, namespacePath } from "../platforms/lab/names.ts";
import { canonical } from "../platforms/lab/network.ts";
import { type Difference, eachOf, merged, type Proof } from "./proof.ts";

/** Looks at every router of ours and every server's way out. */
export async function proveRoutes(lab: Lab, plan: Plan): Promise<Proof> {
  const inside = plan.hosts.filter((h) => h.role !== "internet" && h.role !== "upstream");
  return merged(
    await eachOf(inside, (host) => (host.server ? serverRoutes(lab, host) : routerRoutes(lab, plan, host))),
  );
}

async function routerRoutes(lab: Lab, plan: Plan, host: PlannedHost): Promise<Proof> {
  const sessions = (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.bgp);
  const wanted = networksAt(plan, host);
  const planned = sessions.length * 2 + wanted.length;
  try {
    const [seen, known, kernel] = await Promise.all([
      protocolsOf(lab, host.id),
      chosenBy(lab, host.id),
      inKernel(lab, host.id),
    ]);
    const differences = [
      ...sessionDifferences(host.id, sessions, seen),
      ...wanted.filter((net) => !known.has(net)).map((net) => missing(host.id, "route-missing", net)),
      ...[...known].filter((net) => !kernel.has(net)).map((net) => missing(host.id, "route-not-in-kernel", net)),
    ];
    return { planned: planned + known.size, probed: planned + known.size, differences };
  } catch (error) {
    const facts = { detail: (error as Error).message.slice(0, 200) };
    return { planned, probed: 0, differences: [{ where: host.id, key: "silent", facts }] };
  }
}

const missing = (where: string, key: "route-missing" | "route-not-in-kernel", network: string): Difference => ({
  where,
  key,
  facts: { network },
});

/** A session is named after its far end and family by the renderer; its state is BIRD's word. */
function sessionDifferences(
  where: string,
  planned: readonly Interface[],
  seen: readonly { name: string; proto: string; info: string; state: string }[],
): Difference[] {
  const bgp = seen.filter((p) => p.proto === "BGP");
  const down = bgp.filter((p) => p.info !== "Established");
  const wanted = planned.length * 2;
  return [
    ...down.map(
      (p): Difference => ({ where, key: "session-down", facts: { session: p.name, state: p.info || p.state } }),
    ),
    ...(bgp.length === wanted
      ? []
      : [
          {
            where,
            key: "session-unknown",
            facts: { planned: String(wanted), seen: String(bgp.length) },
          } satisfies Difference,
        ]),
  ];
}

/** Networks that this router cannot be without: at cores every site's, at a site the data centres' and the way out. */
function networksAt(plan: Plan, host: PlannedHost): string[] {
  if (host.role === "site") return ["0.0.0.0/0", "::/0"];
  if (host.role !== "core") return [];
  return plan.hosts
    .filter((h) => h.role === "site" && (plan.interfaces.get(h.id)?.length ?? 0) > 0)
    .flatMap((h) => [h.lan!.prefix.v4, h.lan!.prefix.v6])
    .map(canonical);
}

/** Networks for which BIRD has chosen a way that it gives to the kernel; those of its own devices are the kernel's already. */
async function chosenBy(lab: Lab, host: string): Promise<Set<string>> {
  const command = (table: string) => `show route table ${table} primary where source != RTS_DEVICE`;
  const replies = ["master4", "master6"].map((t) => askBird(birdSocket(lab, host), command(t), 10_000));
  return new Set(
    (await Promise.all(replies)).flat().flatMap((line) => {
      const network = /^(\S+\/\d+)\s+(?:unicast|blackhole|unreachable|prohibit)\b/.exec(line)?.[1];
      return network === undefined ? [] : [canonical(network)];
    }),
  );
}

/** Destinations of the kernel's main table. */
async function inKernel(lab: Lab, host: string): Promise<Set<string>> {
  const list = async (family: "-4" | "-6") => {
    const text = await run(
      ["nsenter", `--net=${namespacePath(lab, host)}`, "ip", "-j", family, "route", "show", "table", "main"],
      { where: host },
    );
    return (JSON.parse(text || "[]") as { dst: string }[]).map(({ dst }) => destination(dst, family));
  };
  return new Set((await Promise.all([list("-4"), list("-6")])).flat());
}

const destination = (dst: string, family: "-4" | "-6"): string => {
  if (dst === "default") return family === "-4" ? "0.0.0.0/0" : "::/0";
  return canonical(dst.includes("/") ? dst : `${dst}/${family === "-4" ? 32 : 128}`);
};

/** A server has its core as the way out, in both families. */
async function serverRoutes(lab: Lab, host: PlannedHost): Promise<Proof> {
  const wanted = ["0.0.0.0/0", "::/0"];
  try {
    const kernel = await inKernel(lab, host.id);
    const gone = wanted.filter((net) => !kernel.has(net));
    return { planned: 2, probed: 2, differences: gone.map((net) => missing(host.id, "route-missing", net)) };
  } catch (error) {
    const facts = { detail: (error as Error).message.slice(0, 200) };
    return { planned: 2, probed: 0, differences: [{ where: host.id, key: "silent", facts }] };
  }
}
