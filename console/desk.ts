// Puts the stage of people's work before the record: its tables, the safe for evidence beside the record, its rules.
import { join } from "node:path";
import { createDesk, type Desk } from "./incidents/desk.ts";
import { openSafe } from "./incidents/evidence.ts";
import { createPolicies } from "./incidents/policies.ts";
import { notifyRules } from "./notifier.ts";
import type { Provisioned } from "./notify/provisioned.ts";
import type { AddressPolicy } from "./outbound/address.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

export function deskOf(
  store: Store,
  view: Pick<View, "registry">,
  dataDir: string,
  addresses: AddressPolicy = { allow: [] },
  provisioned?: Provisioned,
): Desk {
  return createDesk({
    tables: store,
    policies: createPolicies(store.policies, [notifyRules(addresses, provisioned)]),
    safe: openSafe(join(dataDir, "evidence")),
    registry: () => view.registry,
    newest: store.incidents.newest,
    // What people wrote stands in the work's history; the audit's chain names what was done, to what.
    audit: (at, account, kind, subject, detail) =>
      store.audit.write({ at, account, act: `work-${kind}`, subject, detail: namesOf(detail) }),
  });
}

const NAMED = new Set(["task", "clock", "playbook", "sha256", "silence", "policy", "version", "nature", "grades"]);
const namesOf = (detail: Record<string, string>) =>
  Object.fromEntries(Object.entries(detail).filter(([key]) => NAMED.has(key)));
