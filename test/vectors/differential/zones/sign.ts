/**
 * Zones signed by the real signers: BIND's dnssec-keygen and dnssec-signzone, Knot's kzonesign (which makes its own keys).
 * Runs child processes and writes below a folder of its own.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyTag, nameToWire, type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import { parseRecords } from "../../../../agent/wire/dns/text/record.ts";
import { run as runCommand } from "../shell.ts";
import { readBindKeys, readKnotKeys, type SigningKey } from "./keys.ts";
import { Zone } from "./zone.ts";

export type Signer = "bind" | "knot";

export interface Denial {
  readonly kind: "nsec" | "nsec3" | "opt-out";
  readonly iterations: number;
  /** Octets of salt. */
  readonly salt: number;
}

export interface SigningPlan {
  readonly apex: string;
  readonly signer: Signer;
  readonly algorithm: number;
  readonly denial: Denial;
  /** Days by which the signer's clock is off. */
  readonly daysOff: number;
  /** How long signatures live; ten days unless said. */
  readonly lifetimeDays?: number;
  /** RSA modulus, bits; 1,024 unless said, because the machine's time is short. */
  readonly rsaBits?: number;
}

export interface Signed {
  /** Where the signer left its files. */
  readonly folder: string;
  readonly zone: Zone;
  readonly keys: readonly SigningKey[];
}

const MNEMONICS: Readonly<Record<number, { bind: string; knot: string }>> = {
  5: { bind: "RSASHA1", knot: "RSASHA1" },
  7: { bind: "NSEC3RSASHA1", knot: "RSASHA1-NSEC3-SHA1" },
  8: { bind: "RSASHA256", knot: "RSASHA256" },
  10: { bind: "RSASHA512", knot: "RSASHA512" },
  13: { bind: "ECDSAP256SHA256", knot: "ECDSAP256SHA256" },
  14: { bind: "ECDSAP384SHA384", knot: "ECDSAP384SHA384" },
  15: { bind: "ED25519", knot: "ED25519" },
  16: { bind: "ED448", knot: "ED448" },
};
const isRsa = (algorithm: number) => algorithm <= 10;
const DAY = 86_400;

/** A signer's workshop in `folder`: BIND's keys are made once an algorithm and lent to zone after zone. */
export class Workshop {
  private readonly folder: string;
  private readonly pools = new Map<string, Promise<string>>();
  private count = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Signs zone-file text. `pick` chooses among the lent keys. Throws when the signer refuses, with its own words. */
  async sign(text: string, plan: SigningPlan, now: number, pick: (count: number) => number): Promise<Signed> {
    const folder = join(this.folder, `z${this.count++}`);
    mkdirSync(join(folder, "out"), { recursive: true });
    writeFileSync(join(folder, "zone"), text, "latin1");
    const start = Math.round(now + plan.daysOff * DAY);
    return plan.signer === "bind"
      ? await this.byBind(folder, plan, start, pick)
      : await this.byKnot(folder, plan, start);
  }

  /** Signs another text with the keys that a zone signed before has (dnssec-signzone). */
  async signAgain(text: string, plan: SigningPlan, now: number, { folder: before }: Signed): Promise<Zone> {
    const folder = join(this.folder, `z${this.count++}`);
    mkdirSync(join(folder, "out"), { recursive: true });
    for (const name of readdirSync(before))
      if (name.startsWith("K")) copyFileSync(join(before, name), join(folder, name));
    writeFileSync(join(folder, "zone"), text, "latin1");
    const start = Math.round(now + plan.daysOff * DAY);
    return await this.runBind(folder, { ...plan, signer: "bind" }, start, () => 0);
  }

  private async byBind(folder: string, plan: SigningPlan, start: number, pick: (count: number) => number) {
    const pool = await this.pool(plan.algorithm, bitsOf(plan));
    for (const flags of [257, 256]) lend(pool, folder, plan.apex, flags, pick);
    return { folder, zone: await this.runBind(folder, plan, start, pick), keys: readBindKeys(folder) };
  }

  private async runBind(folder: string, plan: SigningPlan, start: number, pick: (count: number) => number) {
    const { denial, apex } = plan;
    const salt = randomHex(denial.salt, pick) || "-";
    const chain = denial.kind === "nsec" ? [] : ["-3", salt, "-H", String(denial.iterations)];
    if (denial.kind === "opt-out") chain.push("-A");
    const times = ["-s", stamp(start - 3_600), "-e", stamp(start + lifetimeOf(plan) * DAY)];
    const files = ["-o", apex, "-f", join(folder, "out/zone"), join(folder, "zone")];
    await run("dnssec-signzone", ["-S", "-P", "-O", "full", "-K", folder, "-d", folder, ...times, ...chain, ...files]);
    return readZone(apex, join(folder, "out/zone"));
  }

  private async byKnot(folder: string, plan: SigningPlan, start: number) {
    writeFileSync(join(folder, "knot.conf"), knotConf(folder, plan));
    const out = join(folder, "out");
    await run("kzonesign", ["-c", join(folder, "knot.conf"), "-o", out, "-t", String(start), plan.apex]);
    const zone = readZone(plan.apex, join(out, "zone"));
    return { folder, zone, keys: readKnotKeys(join(folder, "kasp/keys"), zone.must(plan.apex, TYPE.DNSKEY).records) };
  }

  private pool(algorithm: number, bits: number): Promise<string> {
    const name = `keys${algorithm}-${bits}`;
    const made = this.pools.get(name) ?? this.makePool(name, algorithm, bits);
    this.pools.set(name, made);
    return made;
  }

  private async makePool(name: string, algorithm: number, bits: number): Promise<string> {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    const size = isRsa(algorithm) ? ["-b", String(bits)] : [];
    const base = ["-q", "-K", folder, "-a", MNEMONICS[algorithm]!.bind, ...size];
    for (let i = 0; i < 3; i++) {
      await run("dnssec-keygen", [...base, "-f", "KSK", "pool"]);
      await run("dnssec-keygen", [...base, "pool"]);
    }
    return folder;
  }
}

/** Copies one key pair of the pool, renamed for the zone. */
function lend(pool: string, folder: string, apex: string, flags: number, pick: (count: number) => number): void {
  const files = readdirSync(pool).filter((name) => name.endsWith(".key"));
  const fits = files.filter((name) => readFileSync(join(pool, name), "latin1").includes(` DNSKEY ${flags} `));
  const chosen = fits.sort()[pick(fits.length)]!;
  const renamed = chosen.replace("Kpool.", `K${apex}`);
  const record = readFileSync(join(pool, chosen), "latin1").replace(/^pool\./m, apex);
  writeFileSync(join(folder, renamed), record, "latin1");
  const secret = readFileSync(join(pool, chosen.replace(/\.key$/, ".private")), "latin1");
  writeFileSync(join(folder, renamed.replace(/\.key$/, ".private")), secret, { encoding: "latin1", mode: 0o600 });
}

const bitsOf = ({ rsaBits = 1_024 }: SigningPlan) => rsaBits;
const lifetimeOf = ({ lifetimeDays = 10 }: SigningPlan) => lifetimeDays;

function knotConf(folder: string, plan: SigningPlan): string {
  const { apex, algorithm, denial } = plan;
  const bits = bitsOf(plan);
  const sizes = isRsa(algorithm) ? `    ksk-size: ${bits}\n    zsk-size: ${bits}\n` : "";
  const nsec3 =
    denial.kind === "nsec"
      ? ""
      : `    nsec3: on\n    nsec3-iterations: ${denial.iterations}\n    nsec3-salt-length: ${denial.salt}\n`;
  const optOut = denial.kind === "opt-out" ? "    nsec3-opt-out: on\n" : "";
  return `server:
    rundir: "${folder}"
database:
    storage: "${folder}"
    kasp-db: kasp
    kasp-db-max-size: 20M
policy:
  - id: p
    algorithm: ${MNEMONICS[algorithm]!.knot}
${sizes}${nsec3}${optOut}    ksk-lifetime: 0
    zsk-lifetime: 0
    rrsig-lifetime: ${lifetimeOf(plan)}d
    rrsig-refresh: 1d
    cds-cdnskey-publish: none
zone:
  - domain: "${apex}"
    storage: "${folder}"
    file: zone
    dnssec-signing: on
    dnssec-policy: p
    semantic-checks: off
`;
}

function readZone(apex: string, file: string): Zone {
  return new Zone(apex, parseRecords(readFileSync(file, "latin1")));
}

/** DS of a key (RFC 4034 §5.1.4), by digest 1, 2 or 4; computed here, not by the code under test. */
export function dsRecord(dnskey: ResourceRecord, digestType: 1 | 2 | 4, ttl = 300): ResourceRecord {
  const hash = { 1: "sha1", 2: "sha256", 4: "sha384" }[digestType];
  const owner = nameToWire(dnskey.name);
  const digest = createHash(hash).update(owner).update(dnskey.rdata).digest();
  const tag = keyTag(dnskey.rdata);
  const rdata = Uint8Array.from([tag >> 8, tag & 0xff, dnskey.rdata[3]!, digestType, ...digest]);
  return { name: dnskey.name, owner, type: TYPE.DS, class: 1, ttl, rdata };
}

function randomHex(octets: number, pick: (count: number) => number): string {
  return Array.from({ length: octets }, () => pick(256).toString(16).padStart(2, "0")).join("");
}

const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+Z$/g, "");

async function run(command: string, args: string[]): Promise<void> {
  const { code, words } = await runCommand(command, args, 30);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${words || `exit ${code}`}`);
}
