// One data centre's part of a deployment, as a stack of its own. A line between two parts belongs to the later of the two stacks, which looks up
// in the other's outputs that the far end stands: so the first data centre is brought up first, and taken down last.
import pulumi from "@pulumi/pulumi";
import { ConfigError } from "./config.ts";
import { PROJECT } from "./engine/backend.ts";
import type { Deployment, LinkSpec } from "./platforms/platform.ts";
import type { Topology } from "./topology.ts";

export interface Part {
  /** The data centre. */
  name: string;
  topology: Topology;
  /** The stacks of the other data centres that stand already: data centre → stack. */
  stacks: Record<string, string>;
}

/** The hosts and lines of a part. Throws `config-stack-missing` when a line needs a stack that is not named, or whose far end does not stand. */
export async function partial(deployment: Deployment, part: Part): Promise<Pick<Deployment, "hosts" | "links">> {
  const { partOf } = part.topology;
  const standing = await hostsOfStacks(part.stacks);
  const inPart = (host: string) => partOf(host) === part.name;
  const links = deployment.links.filter(({ a, b }) => {
    if (inPart(a.host) && inPart(b.host)) return true;
    if (!inPart(a.host) && !inPart(b.host)) return false;
    const far = inPart(a.host) ? b.host : a.host;
    // The other stack is not named: it comes later, and the line with it.
    return partOf(far) in part.stacks;
  });
  for (const host of links.flatMap((link) => farEnds(link, inPart))) mustStand(host, partOf(host), standing, part);
  return { hosts: deployment.hosts.filter((h) => inPart(h.id)), links };
}

const farEnds = ({ a, b }: LinkSpec, inPart: (host: string) => boolean): string[] =>
  [a.host, b.host].filter((host) => !inPart(host));

function mustStand(host: string, centre: string, standing: Map<string, Set<string>>, part: Part): void {
  if (standing.get(centre)?.has(host)) return;
  throw new ConfigError(
    "config-stack-missing",
    `stacks.${centre}`,
    `stack ${part.stacks[centre]} has no host ${host}`,
    `bring that stack up first: pulumi up --stack ${part.stacks[centre]}`,
  );
}

async function hostsOfStacks(stacks: Record<string, string>): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const [centre, stack] of Object.entries(stacks)) {
    const reference = new pulumi.StackReference(stack.includes("/") ? stack : `organization/${PROJECT}/${stack}`);
    const { value } = await reference.getOutputDetails("hostIds");
    found.set(centre, new Set((value as string[] | undefined) ?? []));
  }
  return found;
}
