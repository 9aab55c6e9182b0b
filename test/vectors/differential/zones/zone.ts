/**
 * A signed zone in memory, as its signer left it or as a fault has changed it: RRsets by owner and type with the RRSIGs over
 * them. Names are canonical text (wire/dns/name.ts); owners keep their case in the records. Pure.
 */
import {
  compareNames,
  isBelow,
  nameFromWire,
  parseRrsig,
  type ResourceRecord,
  TYPE,
} from "../../../../agent/wire/dns/index.ts";
import { ancestor, prepend } from "../../../../agent/wire/dns/name.ts";
import { parseRecords, recordText } from "../../../../agent/wire/dns/text/record.ts";

export interface Rrset {
  readonly name: string;
  readonly type: number;
  records: ResourceRecord[];
  signatures: ResourceRecord[];
}

export class Zone {
  readonly apex: string;
  private readonly sets = new Map<string, Map<number, Rrset>>();
  private nsecOrder: Rrset[] | undefined;
  private nsec3List: Rrset[] | undefined;

  constructor(apex: string, records: readonly ResourceRecord[]) {
    this.apex = apex;
    for (const record of records)
      if (record.type !== TYPE.RRSIG) this.make(record.name, record.type).records.push(record);
    for (const record of records) {
      const covered = record.type === TYPE.RRSIG ? parseRrsig(record.rdata)?.typeCovered : undefined;
      if (covered !== undefined) this.make(record.name, covered).signatures.push(record);
    }
  }

  static fromText(apex: string, text: string): Zone {
    return new Zone(apex, parseRecords(text));
  }

  /** The name that a CNAME or DNAME RRset points to. */
  static targetOf(alias: Rrset): string {
    return nameFromWire(alias.records[0]!.rdata);
  }

  private make(name: string, type: number): Rrset {
    const types = this.sets.get(name) ?? new Map<number, Rrset>();
    this.sets.set(name, types);
    const set = types.get(type) ?? { name, type, records: [], signatures: [] };
    types.set(type, set);
    this.changed();
    return set;
  }

  get(name: string, type: number): Rrset | undefined {
    const set = this.sets.get(name)?.get(type);
    return set && set.records.length > 0 ? set : undefined;
  }

  must(name: string, type: number): Rrset {
    const set = this.get(name, type);
    if (!set) throw new Error(`no ${type} at ${name} in zone ${this.apex}`);
    return set;
  }

  remove(name: string, type: number): void {
    const types = this.sets.get(name);
    types?.delete(type);
    if (types?.size === 0) this.sets.delete(name);
    this.changed();
  }

  private changed(): void {
    this.nsecOrder = undefined;
    this.nsec3List = undefined;
  }

  /** Puts an RRset in place of whatever stood there. */
  put(name: string, type: number, records: ResourceRecord[], signatures: ResourceRecord[]): void {
    this.remove(name, type);
    const set = this.make(name, type);
    set.records = records;
    set.signatures = signatures;
  }

  /** RRsets at a name, the denial records of NSEC3 owners included. */
  at(name: string): Rrset[] {
    return [...(this.sets.get(name)?.values() ?? [])].filter((set) => set.records.length > 0);
  }

  /** All RRsets. */
  all(): Rrset[] {
    return [...this.sets.keys()].flatMap((name) => this.at(name));
  }

  /** Does a name exist: with records of its own, or because one lies below it? NSEC3 owners are not names of the zone. */
  exists(name: string): boolean {
    if (this.at(name).some((set) => set.type !== TYPE.NSEC3)) return true;
    for (const other of this.sets.keys()) {
      if (isBelow(other, name) && this.at(other).some((set) => set.type !== TYPE.NSEC3)) return true;
    }
    return false;
  }

  /** The longest existing ancestor of a name, at most the apex. */
  closestEncloser(name: string): string {
    let at = ancestor(name);
    while (at !== this.apex && !this.exists(at)) at = ancestor(at);
    return at;
  }

  /** The name that lies one label below `encloser` on the way to `name`. */
  nextCloser(name: string, encloser: string): string {
    let at = name;
    while (ancestor(at) !== encloser) at = ancestor(at);
    return at;
  }

  wildcardAt(encloser: string): string {
    return prepend("*", encloser);
  }

  /** NSEC RRsets in canonical order of owners. */
  nsecs(): readonly Rrset[] {
    this.nsecOrder ??= this.all()
      .filter((set) => set.type === TYPE.NSEC)
      .sort((x, y) => compareNames(x.name, y.name));
    return this.nsecOrder;
  }

  nsec3s(): readonly Rrset[] {
    this.nsec3List ??= this.all().filter((set) => set.type === TYPE.NSEC3);
    return this.nsec3List;
  }

  /** Zone-file text that a server can load. */
  text(): string {
    const order = [this.must(this.apex, TYPE.SOA), ...this.all().filter((set) => set.type !== TYPE.SOA)];
    return `${order.flatMap((set) => [...set.records, ...set.signatures].map(recordText)).join("\n")}\n`;
  }
}
