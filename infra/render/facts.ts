// What the renderers must be told that the plan does not say: the public half of the vault's secrets.

/** Of one signed zone. */
interface ZoneFacts {
  /** Right side of the DS record that vouches for it. */
  ds: string;
  /** Right side of the DNSKEY record of its key-signing key. */
  dnskey: string;
}

export interface RenderFacts {
  /** By zone's name, "" for the root. */
  zones: ReadonlyMap<string, ZoneFacts>;
  /** By name of a zone that must not validate: a DS that fits none of its keys. */
  wrongDs: ReadonlyMap<string, string>;
  /** By certificate: SHA-256 of the public keys that it has and will have next, hex (RFC 7671 §8.1). */
  publicKeys: ReadonlyMap<string, string[]>;
  /** Name of the key of zone transfers. */
  transferKey: string;
  /** Name of the key with which a zone is read for its audit. */
  auditKey: string;
}
