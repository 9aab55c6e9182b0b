// What a rule of the policy pack is: a pure look at everything that the engine is about to provision, which names what may not be.
import type { Registry } from "../../protocol/registry.ts";
import type { HostInputs, LinkInputs } from "../platforms/lab/model.ts";

/** All resources of the stack, as the engine tells them to the provider. */
export interface Stack {
  hosts: HostInputs[];
  links: LinkInputs[];
  /** What the console is given: agencies, levels, roles. Undefined in a stack without a console. */
  registry: Registry | undefined;
  /** The public text of a host's file, or of its firewall; undefined where there is none, or it is a secret. */
  text(host: HostInputs, path: string): string | undefined;
  firewall(host: HostInputs): string | undefined;
}

export interface Violation {
  /** The resource to blame: `Host web1`, `Link hub1~so-noi-vu`. */
  where: string;
  /** What is wrong and what would be right, in one line. */
  what: string;
}

export interface Rule {
  name: string;
  /** Why it may never be provisioned, with its source. */
  description: string;
  check(stack: Stack): Violation[];
}
