// What `vonggac plan` asks for: a province held against its lock, summed up, and its papers written. No lab, no engine, no root.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Bilingual } from "../protocol/registry.ts";
import { readIntent, writeLock } from "./intent.ts";
import { type Coverage, type CoverageKind, coverageOf, isMissed } from "./papers/coverage.ts";
import { papersOf } from "./papers/index.ts";
import { lacksRoutes, registered } from "./papers/usage.ts";
import { planOf } from "./plan/index.ts";
import type { Allocated } from "./plan/lock.ts";
import type { PoolUse } from "./plan/number.ts";
import { subsetOf } from "./plan/subset.ts";
import type { Plan } from "./plan/types.ts";
import { openVault, zoneKeys } from "./vault/index.ts";

export { schemaText } from "./province/json-schema.ts";

export interface PlanOptions {
  /** The checkout's own unless given. */
  provinceFile?: string | undefined;
  /** The first agencies only; all unless given. */
  agencies?: number | undefined;
  /** Folder for the papers; made if it is not there, refused if something else stands in it. */
  out?: string | undefined;
  /** Only validate: nothing is written anywhere. */
  check?: boolean | undefined;
}

export type PlanWarning =
  | { code: "pool-nearly-full"; pool: string; used: number; most: number }
  /** Level I without two channels on two routes. */
  | { code: "routes-lacking"; agency: string }
  /** Its day is over. */
  | { code: "target-missed"; what: CoverageKind; level: Bilingual; by: string }
  | { code: "no-keys" };

export interface PlanSummary {
  province: { id: string; name: Bilingual };
  agencies: { level: Bilingual; count: number }[];
  hosts: number;
  links: number;
  targets: number;
  prefixes: { ipv6: string; ipv4: string; publicIpv4: string };
  use: PoolUse[];
  coverage: Coverage[];
  added: Allocated[];
  retired: Allocated[];
  released: Allocated[];
  lockWritten: boolean;
  papers: number;
  warnings: PlanWarning[];
}

export type PlanErrorCode = "out-not-empty";
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code: PlanErrorCode;
  readonly where: string;
  constructor(code: PlanErrorCode, where: string) {
    super(where);
    this.code = code;
    this.where = where;
  }
}

const CHECKOUT = resolve(import.meta.dirname, "..");
/** Where every further agency should make one think of a wider prefix. */
const NEARLY_FULL = 0.8;
/** By this a folder is known as one that may be written over. */
const MARK = "address-book.csv";

/** Plans a province. Throws `ProvinceError` with every mistake, `PlanError`, `VaultError`. */
export async function planProvince(options: PlanOptions): Promise<PlanSummary> {
  const provinceFile = resolve(options.provinceFile ?? join(CHECKOUT, "province.yaml"));
  const vaultFolder = join(CHECKOUT, ".vonggac/vault");
  // The checkout's keys are its own province's.
  const hasKeys = provinceFile === join(CHECKOUT, "province.yaml") && existsSync(vaultFolder);
  const today = new Date().toISOString().slice(0, 10);
  const numbering = readIntent(provinceFile, { today, provisioned: hasKeys });
  const intent = options.agencies === undefined ? numbering.intent : subsetOf(numbering.intent, options.agencies);
  const plan = planOf(intent, { roots: "", rootAnchor: "" });
  const { out } = options;
  if (out !== undefined && existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, MARK)))
    throw new PlanError("out-not-empty", out);
  const lockWritten = options.check ? false : writeLock(provinceFile, numbering.lock);
  const papers =
    out === undefined ? undefined : await papersOf(plan, intent, hasKeys ? dsOf(plan, vaultFolder) : undefined);
  if (papers) write(out!, papers);
  const { ipv6, ipv4, publicIpv4 } = intent.province;
  const { use, added, retired, released } = numbering;
  const coverage = coverageOf(intent);
  return {
    province: { id: intent.province.id, name: intent.province.name },
    agencies: intent.levels.map(({ id, name }) => ({
      level: name,
      count: intent.agencies.filter((a) => a.level === id).length,
    })),
    hosts: plan.hosts.length,
    links: plan.links.length,
    targets: plan.registry.targets.length,
    prefixes: { ipv6, ipv4, publicIpv4 },
    use,
    coverage,
    added,
    retired,
    released,
    lockWritten,
    papers: papers?.size ?? 0,
    warnings: [
      ...use
        .filter((u) => (u.used + u.resting) / u.most >= NEARLY_FULL)
        .map(({ pool, used, most }) => ({ code: "pool-nearly-full" as const, pool, used, most })),
      ...registered(plan, intent)
        .filter(lacksRoutes)
        .map(({ id }) => ({ code: "routes-lacking" as const, agency: id })),
      ...coverage
        .filter((c) => isMissed(c, today))
        .map(({ what, level, by }) => ({ code: "target-missed" as const, what, level, by })),
      ...(papers && !hasKeys ? [{ code: "no-keys" as const }] : []),
    ],
  };
}

/** Keys that exist are read; those of a zone that is new are made, as the next provisioning would. */
function dsOf(plan: Plan, folder: string): Map<string, string> {
  const vault = openVault(folder, Date.now());
  return new Map(plan.zones.map((z) => [z.name, zoneKeys(vault, z.name).ds]));
}

function write(out: string, papers: ReadonlyMap<string, string>): void {
  const folders = new Set([...papers.keys()].map((path) => dirname(join(out, path))));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const [path, text] of papers) writeFileSync(join(out, path), text);
}
