// The lab's resource types as the program declares them: names for the engine, no behaviour (that is the provider's).
import pulumi from "@pulumi/pulumi";
import type { HostInputs, LinkInputs, ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { PROVIDER_VERSION } from "./provider/package.ts";

/** Which lab the resources belong to. */
export class LabProvider extends pulumi.ProviderResource {
  constructor(name: string, lab: Lab, options?: pulumi.ResourceOptions) {
    super("vonggac", name, { ...lab }, { version: PROVIDER_VERSION, ...options });
  }
}

export class Host extends pulumi.CustomResource {
  constructor(inputs: HostInputs, options: pulumi.CustomResourceOptions) {
    super("vonggac:lab:Host", inputs.host, { ...inputs }, { version: PROVIDER_VERSION, ...options });
  }
}

export class Link extends pulumi.CustomResource {
  constructor(inputs: LinkInputs, options: pulumi.CustomResourceOptions) {
    super("vonggac:lab:Link", inputs.link, { ...inputs }, { version: PROVIDER_VERSION, ...options });
  }
}

export class Services extends pulumi.CustomResource {
  constructor(inputs: ServicesInputs, options: pulumi.CustomResourceOptions) {
    super("vonggac:lab:Services", inputs.phase, { ...inputs }, { version: PROVIDER_VERSION, ...options });
  }
}
