/**
 * Root key trust anchor sentinel (RFC 8509): a validating resolver fails `root-key-sentinel-is-ta-<tag>` when it does not
 * trust that root key, and `root-key-sentinel-not-ta-<tag>` when it does. Part of the scenarios' front, not of the audit.
 */
import { keyTag, TYPE } from "../../../agent/wire/dns/index.ts";
import type { Resolution } from "../../../agent/wire/dns/resolve.ts";
import type { TrustAnchors } from "../../../agent/wire/dns/validator/anchors.ts";

export function sentinelFails(resolution: Resolution, { anchors }: TrustAnchors): boolean {
  const { name, type } = resolution.question;
  if (resolution.verdict.security !== "secure" || (type !== TYPE.A && type !== TYPE.AAAA)) return false;
  const asked = /^root-key-sentinel-(is|not)-ta-(\d{5})\./.exec(name);
  const root = anchors.find((anchor) => anchor.zone === ".");
  if (!asked || !root) return false;
  const tags = [...root.ds.map((ds) => (ds[0]! << 8) | ds[1]!), ...root.dnskeys.map((key) => keyTag(key))];
  return tags.includes(Number(asked[2])) === (asked[1] === "not");
}
