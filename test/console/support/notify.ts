// The stage of notifications over a real record, with channels and rules that the test gives.

import { notificationsDoor, notifyRules, peopleOf } from "../../../console/notifier.ts";
import { createNotifier, type Notifier, type NotifierParts } from "../../../console/notify/notifier.ts";
import { type NotifyRules, readRules } from "../../../console/notify/policy.ts";
import type { Store } from "../../../console/store/store.ts";
import type { Registry } from "../../../protocol/index.ts";

const shipped = (): NotifyRules => {
  const read = readRules(notifyRules({ allow: [] }).shipped, () => undefined);
  if (!read.ok) throw new Error(read.detail);
  return read.value;
};

export interface Over extends Partial<NotifierParts> {
  store: Store;
  now(): number;
  registry?: () => Registry;
}

/** What is not given is the plainest that works; mistakes of ours are thrown. */
export function notifierOver({ store, ...rest }: Over): Notifier & { rules(): NotifyRules } {
  const rules = rest.rules ?? shipped;
  const notifier = createNotifier({
    deliveries: store.deliveries,
    contacts: store.contacts,
    health: store.channelHealth,
    intents: store.outbox,
    transaction: store.transaction,
    people: () => peopleOf(store),
    registry: () => ({ agencies: [], assets: [] }) as never,
    incident: (_account, scope, id) => store.scoped.incident(scope, id),
    concerned: store.scoped.concerned,
    open: () => ({ send: async () => ({ ok: true }) }),
    screenUrl: "http://127.0.0.1:8080",
    onTried() {},
    onSent() {},
    onFailed() {},
    onLeft() {},
    onError(error) {
      throw error;
    },
    ...rest,
    rules,
  });
  return { ...notifier, rules };
}

export const doorOver = (o: Over) => notificationsDoor(notifierOver(o), o.store);
