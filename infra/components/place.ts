// What the components have in common: they group hosts and links in the engine's tree, so that a preview reads as the province
// does. They decide nothing; what a host is, the plan has decided.
import pulumi from "@pulumi/pulumi";
import type { HostInputs, LinkInputs } from "../platforms/lab/model.ts";
import { Host, Link } from "../platforms/lab/resources.ts";

/** What a resource must be told besides its inputs. */
export interface Wiring {
  /** Must stand, and have settled after a change, before this one is touched. */
  after?: pulumi.Resource[];
  /** The component under which it stood before: it is moved, not made anew. */
  movedFrom?: pulumi.Resource | undefined;
  /** What would be lost with it is nowhere else: the engine refuses to remove it until it is told to let go. */
  protect?: boolean;
}

export abstract class Place extends pulumi.ComponentResource {
  protected constructor(kind: string, name: string, provider: pulumi.ProviderResource) {
    super(`vonggac:infra:${kind}`, name, {}, { providers: [provider] });
  }

  host(inputs: HostInputs, wiring: Wiring = {}): Host {
    return new Host(inputs, this.options(wiring));
  }

  link(inputs: LinkInputs, wiring: Wiring = {}): Link {
    return new Link(inputs, this.options(wiring));
  }

  private options({ after = [], movedFrom, protect }: Wiring): pulumi.CustomResourceOptions {
    return {
      parent: this,
      dependsOn: after,
      ...(movedFrom && { aliases: [{ parent: movedFrom }] }),
      ...(protect && { protect }),
    };
  }
}
