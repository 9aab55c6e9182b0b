// People's work for tests of the API and the screen: the real desk over a real record, without a pipeline.
import { caseworkDoor } from "../../../console/backend.ts";
import type { Declared } from "../../../console/correlate/index.ts";
import { deskOf } from "../../../console/desk.ts";
import type { Store } from "../../../console/store/store.ts";
import type { ActResult, Registry } from "../../../protocol/index.ts";

/** `worked` hears of each incident on which something was done. */
export function deskBefore(o: {
  store: Store;
  folder: string;
  registry: Registry;
  now(): number;
  worked?(id: string): void;
  /** Opens an incident that a person tells of, where the test has a correlator. */
  declare?(account: string, declared: Declared): ActResult;
}) {
  const desk = deskOf(o.store, { registry: o.registry }, o.folder);
  const door = caseworkDoor(
    {
      keepEvidence: desk.keep,
      declare: async (account, declared) => o.declare?.(account, declared) ?? { ok: false, code: "store-unavailable" },
      async atDesk(account, id, run) {
        const result = o.store.transaction(() => run(desk, { account, now: o.now() }));
        if (result.ok && id !== undefined) o.worked?.(id);
        return result;
      },
    },
    { registry: o.registry },
  );
  return { desk, door };
}
