// Names against the plan: every record set of every zone of ours at each of its servers in both families, signed; and at every
// resolver validated, while the name that is bogus on purpose is refused.
import { join } from "node:path";
import type { Plan, PlannedHost } from "../plan/types.ts";
import { run } from "../platforms/lab/exec.ts";
import { type Lab, namespacePath } from "../platforms/lab/names.ts";
import type { DnsAnswer, DnsQuestion } from "./dns-probe.ts";
import { type Difference, merged, type Proof } from "./proof.ts";

const PROBE = join(import.meta.dirname, "dns-probe.ts");
const TIMEOUT_MS = 180_000;
/** Types whose data are compared; of the others it is asked that they are there and signed. */
const COMPARED = new Set(["A", "AAAA", "NS"]);

interface Wanted extends DnsQuestion {
  /** What must come, sorted; undefined: anything of the type. `bogus`: it must be refused. */
  data?: string[];
  bogus?: true;
  authentic?: true;
  server: string;
}

/** Asks name servers from a host that may, and resolvers from a site. */
export async function proveNames(lab: Lab, plan: Plan): Promise<Proof> {
  const watcher = plan.hosts.find((h) => h.server?.task === "bastion") ?? plan.hosts.find((h) => h.role === "core")!;
  const site = plan.hosts.find((h) => h.role === "site") ?? watcher;
  return merged([await ask(lab, watcher, atServers(plan)), await ask(lab, site, atResolvers(plan))]);
}

type RecordSet = { name: string; type: string; data?: string[] };

function recordSets(records: readonly { name: string; type: string; data: string }[]): RecordSet[] {
  const sets = new Map<string, RecordSet & { all: string[] }>();
  for (const { name, type, data } of records) {
    const set = sets.get(`${name} ${type}`) ?? { name, type, all: [] };
    set.all.push(data.toLowerCase().replace(/(.)\.$/, "$1"));
    sets.set(`${name} ${type}`, set);
  }
  return [...sets.values()].map(({ name, type, all }) => ({
    name,
    type,
    ...(COMPARED.has(type) && { data: all.sort() }),
  }));
}

const isOurs = (plan: Plan, host: string) => plan.byId.get(host)?.server !== undefined;

function atServers(plan: Plan): Wanted[] {
  return plan.zones.flatMap((zone) =>
    zone.servers
      .filter((s) => isOurs(plan, s.host))
      .flatMap((s) => {
        const addresses = s.ipv6Only ? [s.address.v6] : [s.address.v4, s.address.v6];
        return addresses.flatMap((address) =>
          recordSets(zone.records).map((set): Wanted => ({ ...set, address, server: s.host })),
        );
      }),
  );
}

function atResolvers(plan: Plan): Wanted[] {
  const zone = plan.zones.find((z) => z.name === plan.province.domain)!;
  const resolvers = plan.hosts.filter((h) => h.server?.task === "resolver");
  return resolvers.flatMap((r) =>
    [r.server!.address.v4, r.server!.address.v6].flatMap((address): Wanted[] => [
      ...recordSets(zone.records).map((set): Wanted => ({ ...set, address, server: r.id, authentic: true })),
      { name: plan.names.bogus, type: "AAAA", address, server: r.id, bogus: true },
    ]),
  );
}

async function ask(lab: Lab, from: PlannedHost, wanted: readonly Wanted[]): Promise<Proof> {
  const inside = ["nsenter", `--net=${namespacePath(lab, from.id)}`, process.execPath, PROBE];
  const questions = wanted.map(({ address, name, type }) => ({ address, name, type }));
  try {
    const input = JSON.stringify(questions);
    const answers = JSON.parse(
      await run(inside, { input, where: `${from.id}: names`, timeoutMs: TIMEOUT_MS }),
    ) as (DnsAnswer | null)[];
    return {
      planned: wanted.length,
      probed: answers.filter((a) => a !== null).length,
      differences: collapse(wanted.flatMap((w, i) => difference(w, answers[i] ?? null))),
    };
  } catch (error) {
    const facts = { detail: (error as Error).message.slice(0, 200) };
    return { planned: wanted.length, probed: 0, differences: [{ where: from.id, key: "silent", facts }] };
  }
}

function difference(w: Wanted, answer: DnsAnswer | null): Difference[] {
  const facts = { name: w.name, type: w.type, address: w.address };
  if (answer === null) return [{ where: w.server, key: "silent", facts: { detail: w.address } }];
  const seen = `${answer.rcode} ${answer.data.join(", ")}`.trim();
  if (w.bogus)
    return answer.rcode === "SERVFAIL" ? [] : [{ where: w.server, key: "answer-bogus", facts: { ...facts, seen } }];
  if (answer.rcode !== "NOERROR" || (w.data && answer.data.join() !== w.data.join()))
    return [
      { where: w.server, key: "record-differs", facts: { ...facts, planned: w.data?.join(", ") ?? w.type, seen } },
    ];
  if (!answer.signed || (w.authentic && !answer.authentic)) return [{ where: w.server, key: "record-unsigned", facts }];
  return [];
}

/** A server that answers nothing is one difference, not one for each question. */
function collapse(differences: readonly Difference[]): Difference[] {
  const seen = new Set<string>();
  return differences.filter((d) => {
    if (d.key !== "silent") return true;
    const id = `${d.where} ${d.facts["detail"]}`;
    return !seen.has(id) && seen.add(id);
  });
}
