// The three kinds of resource and what can be done with each: what the provider's service calls, and what a test drives
// without the engine.
import { convergeHost, deleteHost, readHost } from "./host.ts";
import { convergeLink, deleteLink, readLink } from "./link.ts";
import type { HostInputs, LinkInputs, ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { convergeServices, deleteServices, readServices } from "./services.ts";

/** What one kind of resource can do. `apply` creates, adopts and updates: it starts from whatever is there. */
export interface Lifecycle<I> {
  id(inputs: I): string;
  apply(lab: Lab, inputs: I, before: I | undefined): Promise<void>;
  /** The inputs as found on the machine; undefined when the resource is not there. */
  read(lab: Lab, inputs: I): Promise<I | undefined>;
  delete(lab: Lab, inputs: I): Promise<void>;
}

const host: Lifecycle<HostInputs> = {
  id: (inputs) => inputs.host,
  apply: (lab, inputs) => convergeHost(lab, inputs),
  read: readHost,
  delete: (lab, inputs) => deleteHost(lab, inputs.host),
};

const link: Lifecycle<LinkInputs> = {
  id: (inputs) => inputs.link,
  apply: (lab, inputs) => convergeLink(lab, inputs),
  read: readLink,
  delete: deleteLink,
};

const services: Lifecycle<ServicesInputs> = {
  id: () => "services",
  apply: convergeServices,
  read: async (lab, inputs) => readServices(lab, inputs),
  delete: deleteServices,
};

export const KINDS = { Host: host, Link: link, Services: services } as const;
export type Kind = keyof typeof KINDS;

/** The kind behind a type token or a URN, and its lifecycle; undefined for another provider's. */
export function kindOf(typeOrUrn: string): { kind: Kind; lifecycle: Lifecycle<unknown> } | undefined {
  const kind = /vonggac:lab:(\w+)(::|$)/.exec(typeOrUrn)?.[1] as Kind | undefined;
  return kind !== undefined && Object.hasOwn(KINDS, kind)
    ? { kind, lifecycle: KINDS[kind] as Lifecycle<unknown> }
    : undefined;
}
