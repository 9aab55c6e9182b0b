// A resolver that answers without validating: it goes on asking, and believes whatever comes.
import type { Lab } from "../names.ts";
import { hostsOf } from "../notes.ts";
import { daemonOf } from "./assets.ts";
import type { Fault } from "./fault.ts";
import { editOnHost, reloadOnHost, restoreOnHost } from "./host-files.ts";

const CONFIG = "/etc/unbound/unbound.conf";

export const resolverBlind: Fault = {
  name: "resolver-not-validating",
  targets: "resolver",
  candidates: (lab: Lab) => hostsOf(lab).filter((host) => daemonOf(lab, host, "unbound")),
  expects: (_, host) => ({ incident: `dnssec ${host}-dns`, withinMs: 40_000 }),
  async inject(lab, host) {
    editOnHost(lab, host, CONFIG, (text) =>
      text.replace('module-config: "validator iterator"', 'module-config: "iterator"'),
    );
    const injectedAt = Date.now();
    await reloadOnHost(lab, host, "unbound");
    return { injectedAt, facts: {} };
  },
  async undo(lab, host) {
    restoreOnHost(lab, host, CONFIG);
    await reloadOnHost(lab, host, "unbound");
  },
};
