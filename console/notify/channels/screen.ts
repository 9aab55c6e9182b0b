// The screen: told when it stands in the record, from where the screen of whoever is signed in takes it; those that are open are
// nudged at once. Sound and motion are the browser's own affair (console/ui).
import type { Channel } from "../ports.ts";

export const screenChannel = (parts: { nudge(account: string): void }): Channel => ({
  async send(_message, to) {
    // The row of the delivery is the notice: it is there when this has returned.
    setImmediate(() => parts.nudge(to.account));
    return { ok: true };
  },
});
