// The way back of a change that was not confirmed: the old configuration is applied as any other is.
import type { Confirmed, Restore } from "./confirm.ts";
import { convergeHost } from "./host.ts";
import { convergeLink } from "./link.ts";
import type { Lab } from "./names.ts";

export const restoreConfirmed: Restore = (lab: Lab, { kind, inputs }: Confirmed) =>
  kind === "Host" ? convergeHost(lab, inputs) : convergeLink(lab, inputs);
