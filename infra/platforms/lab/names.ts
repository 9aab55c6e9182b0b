// Names and folders of one lab: everything that it makes on the machine can be told from its stack's name. Pure.
import { join } from "node:path";
import { LabError } from "./errors.ts";

/** Where the labs of this machine keep their hosts' folders. Nothing of it outlives `down`. */
export const RUN_ROOT = "/run/vonggac";
export const DEFAULT_STACK = "lab";

/** What the provider must know besides a resource's own inputs: which lab, and where its texts, keys and code are. */
export interface Lab {
  stack: string;
  /** Vault, durable folders, texts by content. Absolute. */
  stateDir: string;
  /** The project's own code, bound read-only into hosts that run it. Absolute. */
  checkout: string;
}

/**
 * The prefix of the stack's namespaces: `vg-` for the default stack, `vg<stack>-` for another, so that no name of one
 * stack can be a name of another (stack names hold no dash). Throws `stack-name-invalid`.
 */
export function prefixOf(stack: string): string {
  if (!/^[a-z0-9]{1,24}$/.test(stack))
    throw new LabError("stack-name-invalid", stack, "not 1-24 of a-z and 0-9", "choose another stack name");
  return stack === DEFAULT_STACK ? "vg-" : `vg${stack}-`;
}

export const namespaceOf = (lab: Lab, host: string): string => prefixOf(lab.stack) + host;
export const namespacePath = (lab: Lab, host: string): string => `/run/netns/${namespaceOf(lab, host)}`;
export const stackDir = (stack: string): string => join(RUN_ROOT, stack);
/** The host's own files as they are seen from outside: `<root>/etc/bird/bird.conf`. */
export const hostRoot = (lab: Lab, host: string): string => join(RUN_ROOT, lab.stack, host);
/** The platform's own notes on a host: what was applied, process ids, start scripts. */
export const notesDir = (lab: Lab, host: string): string => join(hostRoot(lab, host), ".lab");
/** Whose lab it is (owner.ts). */
export const ownerFile = (stack: string): string => join(stackDir(stack), ".owner");
/** Notes on the links that stand, one a file. */
export const linksDir = (stack: string): string => join(stackDir(stack), ".links");
/** BIRD's control socket of a host, from outside. */
export const birdSocket = (lab: Lab, host: string): string => join(hostRoot(lab, host), "run/bird/bird.ctl");
