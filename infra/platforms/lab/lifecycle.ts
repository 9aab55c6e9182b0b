// The three kinds of resource and what can be done with each: what the provider's service calls, and what a test drives
// without the engine.
import { changeHost, changeLink } from "./change.ts";
import { deleteHost, readHost } from "./host.ts";
import { deleteLink, readLink } from "./link.ts";
import type { HostInputs, LinkInputs, ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { appliedHost, appliedLink } from "./notes.ts";
import { convergeServices, deleteServices, readServices, runningServices } from "./services.ts";

/** What one kind of resource can do. `apply` creates, adopts and updates: it starts from whatever is there. */
export interface Lifecycle<I> {
  id(inputs: I): string;
  apply(lab: Lab, inputs: I, before: I | undefined): Promise<void>;
  /** The inputs as found on the machine; undefined when the resource is not there. */
  read(lab: Lab, inputs: I): Promise<I | undefined>;
  delete(lab: Lab, inputs: I): Promise<void>;
  /** What was last applied under that id; undefined when nothing was: what an import starts from. */
  applied(lab: Lab, id: string): I | undefined;
}

const host: Lifecycle<HostInputs> = {
  id: (inputs) => inputs.host,
  apply: (lab, inputs) => changeHost(lab, inputs),
  read: readHost,
  delete: (lab, inputs) => deleteHost(lab, inputs.host),
  applied: appliedHost,
};

const link: Lifecycle<LinkInputs> = {
  id: (inputs) => inputs.link,
  apply: (lab, inputs) => changeLink(lab, inputs),
  read: readLink,
  delete: deleteLink,
  applied: appliedLink,
};

const services: Lifecycle<ServicesInputs> = {
  id: (inputs) => inputs.phase,
  apply: convergeServices,
  read: async (lab, inputs) => readServices(lab, inputs),
  delete: deleteServices,
  applied: runningServices,
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
