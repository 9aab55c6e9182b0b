// DNS secrets of the vault: two keys a signed zone, the key of zone transfers, and what the public may know of them.
import { randomBytes } from "node:crypto";
import { dnskeyText, dsText, newZoneKey } from "./dnssec.ts";
import type { Vault } from "./vault.ts";

interface ZoneKeys {
  /** Vault entries, PKCS#8 PEM. */
  kskSecret: string;
  zskSecret: string;
  /** Right side of the DS record that vouches for the zone. */
  ds: string;
  /** Right side of the DNSKEY record of the key-signing key. */
  dnskey: string;
}

/** A zone's name as a word for files: the root has none of its own. */
export const zoneLabel = (zone: string): string => (zone === "" ? "root" : zone);

/** The keys of a zone ("" is the root). */
export function zoneKeys(vault: Vault, zone: string): ZoneKeys {
  const entry = (role: string) => `dns/${zoneLabel(zone)}.${role}.pem`;
  const ksk = vault.ensure(entry("ksk"), newZoneKey);
  vault.ensure(entry("zsk"), newZoneKey);
  return { kskSecret: entry("ksk"), zskSecret: entry("zsk"), ds: dsText(zone, ksk), dnskey: dnskeyText(ksk) };
}

/**
 * A DS that fits no key of the zone: of a key that was made and thrown away. It stays the same for the life of the vault; so a
 * name that must never validate keeps the same wrong DS.
 */
export const wrongDs = (vault: Vault, zone: string): string =>
  vault.ensure(`dns/${zoneLabel(zone)}.wrong-ds`, () => dsText(zone, newZoneKey()));

/** Between the province's name servers. */
export const TRANSFER_KEY = "province-transfer";
/** For the audit of the province's zone: it reads the zone from its own address, and may do nothing else. */
export const AUDIT_KEY = "province-audit";

/** Entry with the text that Knot includes for the key of its zone transfers (RFC 8945, HMAC-SHA256). */
export const transferKey = (vault: Vault): string => tsigKey(vault, "dns/transfer.conf", TRANSFER_KEY);
/** The same for the audit's key; the agent reads it in that form too. */
export const auditKey = (vault: Vault): string => tsigKey(vault, "dns/audit.conf", AUDIT_KEY);

function tsigKey(vault: Vault, name: string, id: string): string {
  vault.ensure(name, () => {
    const secret = randomBytes(32).toString("base64");
    return `key:\n  - id: ${id}\n    algorithm: hmac-sha256\n    secret: ${secret}\n`;
  });
  return name;
}
