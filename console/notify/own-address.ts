// Whether a channel goes to one place for all, or to people.
import type { ChannelRule } from "./policy.ts";

/** True when it goes to one place for all, not to people. */
export const hasOwnAddress = (c: ChannelRule): boolean =>
  c.kind === "webhook" || (c.kind === "mail" && c.to !== undefined);
