// The console's doors (sign-in desk, routes, router) over a real record, for tests that leave pipeline and gateway out.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type SignIns, signIns } from "../../../console/api/desk/desk.ts";
import { type ProviderSettings, providerDesk } from "../../../console/api/desk/provider.ts";
import { openApi } from "../../../console/api/openapi.ts";
import type { Backend } from "../../../console/api/ports.ts";
import { createRouter } from "../../../console/api/router.ts";
import { ROUTES } from "../../../console/api/routes.ts";
import { enrolmentDesk } from "../../../console/enrolments.ts";
import { createLog } from "../../../console/log.ts";
import { createMetrics } from "../../../console/metrics.ts";
import { passwords } from "../../../console/passwords.ts";
import type { Role } from "../../../console/people/roles.ts";
import type { Provider } from "../../../console/people/sign-in.ts";
import { sealAt } from "../../../console/seal.ts";
import { softwareOf } from "../../../console/software.ts";
import { openStore, type Store } from "../../../console/store/store.ts";
import { doorOver } from "./notify.ts";
import { sampleRegistry } from "./province.ts";

/** Hashing at a cost that tests can pay. */
const CHEAP = { memoryCost: 64, timeCost: 1 };

type OfRecord =
  | "accounts"
  | "passkeys"
  | "tokens"
  | "idempotency"
  | "audit"
  | "transaction"
  | "backUp"
  | "enrolments"
  | "software"
  | "rebuildHistory"
  | "notifications";

export function openDoors(
  folder: string,
  url: string,
  rest: Omit<Backend, OfRecord> & Partial<Pick<Backend, "enrolments" | "software">>,
  store: Store = openStore(join(folder, "record")),
  settings?: ProviderSettings,
) {
  mkdirSync(folder, { recursive: true });
  const backend: Backend = {
    notifications: doorOver({
      store,
      now: rest.now,
      incident: (account, scope, id) => rest.reader({ account, scope }).incident(id),
    }),
    accounts: store.accounts,
    passkeys: store.passkeys,
    tokens: store.tokens,
    idempotency: store.idempotency,
    audit: store.audit,
    transaction: store.transaction,
    backUp: () => store.backUp(1),
    rebuildHistory: () => store.transaction(store.history.startAnew),
    enrolments: enrolmentDesk({ store, registry: sampleRegistry, approve: "all", now: rest.now }),
    software: softwareOf({ store, view: { registry: sampleRegistry() }, heard: () => [], offer: () => undefined }),
    ...rest,
  };
  const provider: { is: Provider } = { is: "absent" };
  const { hash, check } = passwords(CHEAP);
  const seal = sealAt(join(folder, "people.key"));
  const desk = signIns(backend, {
    hashPassword: hash,
    checkPassword: check,
    seal: seal.close,
    unseal: seal.open,
    provider: () => provider.is,
  });
  const log = createLog("silent");
  const real = settings && providerDesk(settings, backend, log);
  const document = openApi(ROUTES, url);
  const api = { backend, desk, provider: real, document: () => document };
  const router = createRouter({ api, routes: ROUTES, url: new URL(url), metrics: createMetrics(), log });
  return { store, backend, desk, api, router, log, provider, real };
}

/** An account with a session of its own. Gives the Cookie header. */
export function personWith(
  store: Store,
  desk: SignIns,
  now: number,
  name: string,
  roles: Role[],
  agencies: string[] = [],
) {
  return store.transaction(() => {
    if (!store.accounts.byName(name))
      store.accounts.save({
        uid: `p-${name}`,
        name,
        display: name,
        roles,
        agencies,
        state: "active",
        hasPassword: false,
        hasSecondFactor: false,
        createdAt: now,
        changedAt: now,
      });
    return `vonggac=${desk.begin(name, "local", "192.0.2.1").cookie}`;
  });
}
