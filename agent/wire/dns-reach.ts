// From here, which families reach the root servers, and is it they who answer? Pure: the driver sends.
import { TYPE } from "./dns/index.ts";
import type { NameServer, Step } from "./dns/resolver/machine.ts";
import type { Driver } from "./dns-drive.ts";

/** `other`: something answers, without a root server's authority. */
type Reached = "yes" | "other" | "no";

export interface FamiliesReached {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Something answers in the root servers' place. */
  readonly intercepted: boolean;
}

const PER_FAMILY = 3;

/** Asks some root servers of each family at once. A family without hints is taken as the other one: nothing speaks against it. */
export async function familiesReached(hints: readonly NameServer[], driver: Driver): Promise<FamiliesReached> {
  const all = hints.flatMap(({ addresses }) => addresses);
  const reach = async (addresses: string[]): Promise<Reached> => {
    const asked = addresses.slice(0, PER_FAMILY).map(async (server) => {
      const reached = await driver.run(rootQuestion(server));
      // The first root server that answers settles it; the others need not be waited for.
      return reached === "yes" ? reached : Promise.reject(reached);
    });
    return Promise.any(asked).catch(({ errors }: AggregateError) => (errors.includes("other") ? "other" : "no"));
  };
  const [v4, v6] = [all.filter((a) => !a.includes(":")), all.filter((a) => a.includes(":"))];
  const [four, six] = await Promise.all([reach(v4), reach(v6)]);
  return {
    ipv4: four === "yes" || (v4.length === 0 && six === "yes"),
    ipv6: six === "yes" || (v6.length === 0 && four === "yes"),
    intercepted: four === "other" || six === "other",
  };
}

/** A root server answers for the root with authority; whoever does not, stands in its place. */
function* rootQuestion(server: string): Step<Reached> {
  const flags = { transport: "udp", recursionDesired: false, checkingDisabled: false } as const;
  const reply = yield { server, name: ".", type: TYPE.SOA, zone: ".", ...flags };
  if (!("message" in reply)) return "no";
  const { authoritative, answer } = reply.message;
  return authoritative && answer.some(({ type }) => type === TYPE.SOA) ? "yes" : "other";
}
