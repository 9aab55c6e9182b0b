// Questions asked side by side that a resolution would ask one after the other: their answers lie in the runs' cache when it comes
// to them. On a line with a delay of 10 ms a chain of four zones takes three of them instead of nine. Nothing is judged here, and
// what fails is asked again by whoever needs it.
import { ancestor, isName, nameFromWire, prepend } from "./dns/name.ts";
import type { Question } from "./dns/resolver/classify.ts";
import { iterate } from "./dns/resolver/iterate.ts";
import type { Run } from "./dns/resolver/machine.ts";
import { TYPE } from "./dns/types.ts";
import type { Driver } from "./dns-drive.ts";

type NewRun = () => Run;

const askAhead = (driver: Driver, run: NewRun, questions: readonly Question[]) =>
  Promise.all(questions.filter(({ name }) => isName(name)).map((question) => driver.run(iterate(run(), question))));

const ADDRESSES = [TYPE.A, TYPE.AAAA];

/** The way down to a name's servers. False: nobody answered there, and to ask them anything ahead would only wait once more. */
export async function wayAhead(driver: Driver, run: NewRun, name: string): Promise<boolean> {
  const [found] = await askAhead(driver, run, [{ name, type: TYPE.SOA }]);
  return found!.kind !== "no-response";
}

/** What the chain of trust to a name needs, once the way there is known: keys and DS of all names above it at once. */
export async function chainAhead(driver: Driver, run: NewRun, name: string): Promise<void> {
  const { cache, nowSeconds } = run();
  const servers = cache.delegations.get(name, nowSeconds)?.value.servers ?? [];
  await askAhead(driver, run, [
    ...upwards(name).flatMap((at) =>
      (at === "." ? [TYPE.DNSKEY] : [TYPE.DNSKEY, TYPE.DS]).map((type) => ({ name: at, type })),
    ),
    { name, type: TYPE.NS },
    ...servers.flatMap((server) => ADDRESSES.map((type) => ({ name: server.name, type }))),
  ]);
}

/** A name and all above it, the root last. */
function upwards(name: string): string[] {
  const out = [name];
  for (let at = name; at !== "."; out.push(at)) at = ancestor(at);
  return out;
}

/** The addresses of hosts. */
export async function hostsAhead(driver: Driver, run: NewRun, names: readonly string[]): Promise<void> {
  await askAhead(
    driver,
    run,
    names.flatMap((name) => ADDRESSES.map((type) => ({ name, type }))),
  );
}

const MAX_HOSTS = 10;

/** What a domain publishes for its mail, then what its exchangers' names lead to. */
export async function mailAhead(driver: Driver, run: NewRun, domain: string): Promise<void> {
  const [mx] = await askAhead(driver, run, [
    { name: domain, type: TYPE.MX },
    { name: domain, type: TYPE.TXT },
    { name: prepend("_dmarc", domain), type: TYPE.TXT },
  ]);
  const records = mx!.kind === "answer" ? mx!.answer.flatMap((set) => set.records) : [];
  const targets = records.filter(({ type, rdata }) => type === TYPE.MX && rdata.length > 3).slice(0, MAX_HOSTS);
  const hosts = targets.map(({ rdata }) => nameFromWire(rdata.subarray(2)));
  const tlsa = hosts.map((host) => ({ name: `_25._tcp.${host}`, type: TYPE.TLSA }));
  await Promise.all([hostsAhead(driver, run, hosts), askAhead(driver, run, tlsa)]);
}
