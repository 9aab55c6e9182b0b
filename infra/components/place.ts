// What the three kinds of place have in common: they group hosts and links in the engine's tree, so that a preview reads as
// the province does. They decide nothing.
import pulumi from "@pulumi/pulumi";
import type { HostInputs, LinkInputs } from "../platforms/lab/model.ts";
import { Host, Link } from "../platforms/lab/resources.ts";

export abstract class Place extends pulumi.ComponentResource {
  protected constructor(kind: string, name: string, provider: pulumi.ProviderResource) {
    super(`vonggac:infra:${kind}`, name, {}, { providers: [provider] });
  }

  host(inputs: HostInputs): Host {
    return new Host(inputs, { parent: this });
  }

  /** A link stands once both of its hosts do. */
  link(inputs: LinkInputs, ends: [Host, Host]): Link {
    return new Link(inputs, { parent: this, dependsOn: ends });
  }
}
