// The province's own rules as they are in force: what ships with the product, and above it the newest version that a person has
// put in its place. Every version is kept, with who and why; a wrong one is refused before it counts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../../protocol/casework.ts";
import type { PolicyDocument, PolicyTables } from "./ports.ts";
import {
  type Clocks,
  type Holidays,
  type Lifecycle,
  type Playbook,
  type PolicyKind,
  type Roster,
  readPolicy,
} from "./schema.ts";

const DATA = join(import.meta.dirname, "data");
const KINDS = ["clocks", "holidays", "roster", "lifecycle"] as const;
const PLAYBOOK = /^playbook:[a-z0-9][a-z0-9-]{0,63}$/;

type Read = { ok: true; value: unknown } | { ok: false; detail: string };
/** A document of another stage: what ships, and who judges a new version. */
export interface OtherRules {
  name: string;
  shipped: string;
  read(text: string): Read;
  /** Reads what was put before, and may name what is gone meanwhile; without it `read` does. */
  readKept?(text: string): Read;
}

export interface Policies {
  /** A document of another stage, as its reader gave it. */
  other(name: string): unknown;
  lifecycle(): Lifecycle;
  clocks(): Clocks;
  holidays(): Holidays;
  roster(): Roster;
  playbooks(): Playbook[];
  /** Names and versions in force. */
  list(): Omit<PolicyDocument, "text">[];
  get(name: string): PolicyDocument | undefined;
  history(name: string): PolicyDocument[];
  /** Puts a new version in force. `basedOn`: the version that its author saw; another's change in between is not overwritten. */
  put(document: Omit<PolicyDocument, "version">, basedOn: number): CaseResult<PolicyDocument>;
  /** Forgets what is in memory: after a rollback. */
  reload(): void;
}

export function createPolicies(tables: PolicyTables, others: readonly OtherRules[] = []): Policies {
  const shipped = [...readShipped(), ...others.map((o) => shippedAs(o.name, o.shipped))];
  const readerOf = (name: string): ((text: string) => Read) | undefined => {
    const kind = kindOf(name);
    return kind ? (text) => readPolicy(kind, text) : others.find((o) => o.name === name)?.read;
  };
  let documents = new Map<string, PolicyDocument>();
  let parsed = new Map<string, unknown>();
  const reload = () => {
    documents = new Map([...shipped, ...tables.newest()].map((d) => [d.name, d]));
    parsed = new Map();
  };
  reload();

  const inForce = (name: string): unknown => {
    const reader = others.find((o) => o.name === name)?.readKept ?? readerOf(name)!;
    if (!parsed.has(name)) parsed.set(name, valid(reader, documents.get(name)!, shipped));
    return parsed.get(name);
  };
  return {
    other: inForce,
    lifecycle: () => inForce("lifecycle") as Lifecycle,
    clocks: () => inForce("clocks") as Clocks,
    holidays: () => inForce("holidays") as Holidays,
    roster: () => inForce("roster") as Roster,
    playbooks: () => [...documents.keys()].filter((n) => PLAYBOOK.test(n)).map((n) => inForce(n) as Playbook),
    list: () => [...documents.values()].map(({ text: _, ...d }) => d).sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => documents.get(name),
    history: (name) => [...shipped.filter((d) => d.name === name), ...tables.history(name)],
    put(document, basedOn) {
      const reader = readerOf(document.name);
      if (!reader) return { ok: false, code: "policy-unknown" };
      if (document.reason.trim() === "") return { ok: false, code: "reason-required" };
      const version = documents.get(document.name)?.version ?? -1;
      if (version !== basedOn) return { ok: false, code: "policy-stale" };
      const read = reader(document.text);
      if (!read.ok) return { ok: false, code: "policy-invalid", detail: read.detail };
      if (PLAYBOOK.test(document.name) && `playbook:${(read.value as Playbook).id}` !== document.name)
        return { ok: false, code: "policy-invalid", detail: "/id: is not the name of the document" };
      const value = { ...document, version: version + 1 };
      tables.add(value);
      documents.set(value.name, value);
      parsed.delete(value.name);
      return { ok: true, value };
    },
    reload,
  };
}

const kindOf = (name: string): PolicyKind | undefined =>
  PLAYBOOK.test(name) ? "playbook" : KINDS.find((k) => k === name);

/** A version that an older product accepted and this one cannot read gives way to what ships. */
function valid(reader: (text: string) => Read, document: PolicyDocument, shipped: PolicyDocument[]): unknown {
  const read = reader(document.text);
  if (read.ok) return read.value;
  const fallback = reader(shipped.find((d) => d.name === document.name)?.text ?? "");
  if (fallback.ok) return fallback.value;
  throw new Error(`the policy ${document.name} cannot be read: ${read.detail}`);
}

const shippedAs = (name: string, text: string): PolicyDocument => ({
  name,
  version: 0,
  at: 0,
  account: "shipped",
  reason: "",
  text,
});

function readShipped(): PolicyDocument[] {
  const of = (name: string, file: string) => shippedAs(name, readFileSync(join(DATA, file), "utf8"));
  const books = readdirSync(join(DATA, "playbooks")).filter((f) => f.endsWith(".yaml"));
  return [
    ...KINDS.map((k) => of(k, `${k}.yaml`)),
    ...books.sort().map((f) => of(`playbook:${f.slice(0, -".yaml".length)}`, `playbooks/${f}`)),
  ];
}
