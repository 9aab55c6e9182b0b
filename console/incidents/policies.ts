// The province's own rules as they are in force: what ships with the product, and above it the newest version that a person has
// put in its place. Every version is kept, with who and why; a wrong one is refused before it counts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../../protocol/casework.ts";
import type { PolicyDocument, PolicyTables } from "./ports.ts";
import { type Clocks, type Holidays, type Playbook, type PolicyKind, type Roster, readPolicy } from "./schema.ts";

const DATA = join(import.meta.dirname, "data");
const KINDS = ["clocks", "holidays", "roster"] as const;
const PLAYBOOK = /^playbook:[a-z0-9][a-z0-9-]{0,63}$/;

export interface Policies {
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

export function createPolicies(tables: PolicyTables): Policies {
  const shipped = readShipped();
  let documents = new Map<string, PolicyDocument>();
  let parsed = new Map<string, unknown>();
  const reload = () => {
    documents = new Map([...shipped, ...tables.newest()].map((d) => [d.name, d]));
    parsed = new Map();
  };
  reload();

  const inForce = <K extends PolicyKind>(kind: K, name: string) => {
    if (!parsed.has(name)) parsed.set(name, valid(kind, documents.get(name)!, shipped));
    return parsed.get(name);
  };
  return {
    clocks: () => inForce("clocks", "clocks") as Clocks,
    holidays: () => inForce("holidays", "holidays") as Holidays,
    roster: () => inForce("roster", "roster") as Roster,
    playbooks: () =>
      [...documents.keys()].filter((n) => PLAYBOOK.test(n)).map((n) => inForce("playbook", n) as Playbook),
    list: () => [...documents.values()].map(({ text: _, ...d }) => d).sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => documents.get(name),
    history: (name) => [...shipped.filter((d) => d.name === name), ...tables.history(name)],
    put(document, basedOn) {
      const kind = kindOf(document.name);
      if (!kind) return { ok: false, code: "policy-unknown" };
      if (document.reason.trim() === "") return { ok: false, code: "reason-required" };
      const version = documents.get(document.name)?.version ?? -1;
      if (version !== basedOn) return { ok: false, code: "policy-stale" };
      const read = readPolicy(kind, document.text);
      if (!read.ok) return { ok: false, code: "policy-invalid", detail: read.detail };
      if (kind === "playbook" && `playbook:${(read.value as Playbook).id}` !== document.name)
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
function valid(kind: PolicyKind, document: PolicyDocument, shipped: PolicyDocument[]): unknown {
  const read = readPolicy(kind, document.text);
  if (read.ok) return read.value;
  const fallback = readPolicy(kind, shipped.find((d) => d.name === document.name)?.text ?? "");
  if (fallback.ok) return fallback.value;
  throw new Error(`the policy ${document.name} cannot be read: ${read.detail}`);
}

function readShipped(): PolicyDocument[] {
  const of = (name: string, file: string): PolicyDocument => ({
    name,
    version: 0,
    at: 0,
    account: "shipped",
    reason: "",
    text: readFileSync(join(DATA, file), "utf8"),
  });
  const books = readdirSync(join(DATA, "playbooks")).filter((f) => f.endsWith(".yaml"));
  return [
    ...KINDS.map((k) => of(k, `${k}.yaml`)),
    ...books.sort().map((f) => of(`playbook:${f.slice(0, -".yaml".length)}`, `playbooks/${f}`)),
  ];
}
