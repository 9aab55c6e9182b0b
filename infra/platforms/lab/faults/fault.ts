// What a fault is: one thing that is broken for real, in the kernel or in a daemon, inside the lab's namespaces only, and
// mended again. Inject and undo may each be repeated, and an undo needs nothing of the process that injected. Nothing that
// watches knows of faults.
import type { Lab } from "../names.ts";
import type { Injected } from "./state.ts";

/** What kind of thing a fault's target is. */
export type FaultTarget =
  | "hub"
  | "upstream"
  | "site"
  | "link"
  | "service"
  | "name"
  | "zone"
  | "host"
  | "daemon"
  | "device"
  | "resolver"
  | "time";

/** What must stand on the console while it lasts. */
export type Expected =
  /** `<class> <asset>` of the one incident. */
  | {
      incident: string;
      withinMs: number;
      /** Where several see the same, which of them is first is chance: these will do as well. */
      or?: string[];
      /** What follows from it, and may stand beside it. */
      also?: string[];
    }
  /** No check finds it yet: why not. The console must stay silent, since it knows nothing. */
  | { blind: BlindReason };

/** Why nothing finds a fault; the texts say it (`fault.blind.*`). */
export type BlindReason = "throughput";

export interface Fault {
  name: string;
  targets: FaultTarget;
  /** The targets that this lab has, the default first. */
  candidates(lab: Lab): string[];
  expects(lab: Lab, target: string): Expected;
  /** Stated of the fault as such, so that it can be listed where no lab is up. */
  blind?: BlindReason;
  /**
   * Breaks it. Gives the instant just before the change, so that no delay of ours is hidden, and what the undo must know. Throws
   * `fault-impossible` where this machine's kernel cannot do it, `fault-failed` for all else.
   */
  inject(lab: Lab, target: string): Promise<Pick<Injected, "injectedAt" | "facts">>;
  /** Mends it; `injected` is what inject gave, when there was one. */
  undo(lab: Lab, target: string, injected: Injected | undefined): Promise<void>;
}
