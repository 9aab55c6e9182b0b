// Who reaches whom, by packets: every pair of the plan's matrix is asked for from inside the running network, in both families. What
// is allowed must answer, and what is not must not.
import { join } from "node:path";
import { matrix, type Pair } from "../plan/reach.ts";
import type { Plan } from "../plan/types.ts";
import { run } from "../platforms/lab/exec.ts";
import { type Lab, namespacePath } from "../platforms/lab/names.ts";
import { type Difference, eachOf, type Proof } from "./proof.ts";

const PROBE = join(import.meta.dirname, "reach-probe.ts");
const TIMEOUT_MS = 120_000;
/** Of many sites a few stand for all, since the rules know none by name: those with fewest and with most paths, and the last. */
const SITES = 3;

/** Asks from every host of the lab that stands. `allSites`: every agency, and not a few that stand for all. */
export async function provePackets(
  lab: Lab,
  plan: Plan,
  standing: readonly string[],
  allSites: boolean,
): Promise<Proof> {
  const hosts = allSites ? plan.hosts.map((h) => h.id) : sample(plan);
  const pairs = matrix(plan, hosts);
  const askers = hosts.filter((h) => standing.includes(h));
  const proofs = await eachOf(askers, (from) =>
    ask(
      lab,
      from,
      pairs.filter((p) => p.from === from),
    ),
  );
  return {
    planned: pairs.length,
    probed: proofs.reduce((n, p) => n + p.probed, 0),
    differences: [
      ...hosts.filter((h) => !standing.includes(h)).map((where): Difference => ({ where, key: "silent", facts: {} })),
      ...proofs.flatMap((p) => p.differences),
    ],
  };
}

function sample(plan: Plan): string[] {
  const paths = (id: string) => plan.interfaces.get(id)?.length ?? 0;
  const sites = plan.hosts.filter((h) => h.role === "site").sort((a, b) => paths(a.id) - paths(b.id));
  const some = new Set([sites[0], sites.at(-1), sites[Math.floor(sites.length / 2)]].filter((s) => s !== undefined));
  const few = new Set([...some].slice(0, SITES).map((s) => s.id));
  return plan.hosts.filter((h) => h.role !== "site" || few.has(h.id)).map((h) => h.id);
}

async function ask(lab: Lab, from: string, pairs: readonly Pair[]): Promise<Proof> {
  const inside = ["nsenter", `--net=${namespacePath(lab, from)}`];
  const ports = pairs.filter((p) => p.port !== undefined);
  const echoes = pairs.filter((p) => p.service === "echo");
  try {
    const options = { where: `${from}: probes`, timeoutMs: TIMEOUT_MS };
    const answered = JSON.parse(
      await run([...inside, process.execPath, PROBE], { ...options, input: JSON.stringify(ports) }),
    ) as number[];
    const pinged = await run([...inside, "sh", "-s"], { ...options, input: pings(echoes) });
    const reached = new Set<Pair>([
      ...answered.map((i) => ports[i]!),
      ...pinged
        .split("\n")
        .filter(Boolean)
        .map((i) => echoes[Number(i)]!),
    ]);
    return {
      planned: pairs.length,
      probed: pairs.length,
      differences: pairs.flatMap((p) => difference(p, reached.has(p))),
    };
  } catch (error) {
    const facts = { detail: (error as Error).message.slice(0, 200) };
    return { planned: pairs.length, probed: 0, differences: [{ where: from, key: "silent", facts }] };
  }
}

/** All at once; the numbers of those that answered. Two tries, since the first may wait for a neighbour's address. */
const pings = (echoes: readonly Pair[]): string =>
  `${echoes
    .map((p, i) => `(ping -nqc2 -i0.3 -W1 -I ${p.source} ${p.address} >/dev/null 2>&1 && echo ${i}) &`)
    .join("\n")}\nwait\n`;

function difference(pair: Pair, reached: boolean): Difference[] {
  if (reached === pair.reached) return [];
  const facts = { to: pair.to, service: pair.service, family: `IPv${pair.family}`, rule: pair.flow ?? pair.reason };
  return [{ where: pair.from, key: reached ? "reached" : "not-reached", facts }];
}
