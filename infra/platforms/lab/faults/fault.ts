// What a fault is: one thing that is broken for real, in the kernel or in a daemon, inside the lab's namespaces only, and
// mended again. Inject and undo may each be repeated. Nothing that watches knows of faults.
import type { Lab } from "../names.ts";
import type { Injected } from "./state.ts";

export interface Fault {
  name: string;
  /** What kind of thing its target is. */
  targets: "hub" | "link" | "service" | "name" | "host";
  /** The targets that this lab has, the default first. */
  candidates(lab: Lab): string[];
  /** Breaks it. Gives the instant just before the change, so that no delay of ours is hidden, and what the undo must know. */
  inject(lab: Lab, target: string): Promise<Pick<Injected, "injectedAt" | "facts">>;
  /** Mends it; `injected` is what inject gave, when there was one. */
  undo(lab: Lab, target: string, injected: Injected | undefined): Promise<void>;
}
