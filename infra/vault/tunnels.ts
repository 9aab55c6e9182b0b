// Keys of WireGuard tunnels: a pair an end, made once, in the form that `wg` writes (base64 of 32 octets, X25519).
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { Vault } from "./vault.ts";

/** DER of PKCS#8 up to the key itself (RFC 8410 §7). */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

export interface TunnelKey {
  /** Vault entry of the private key. */
  secret: string;
  /** Base64. */
  publicKey: string;
}

/** The key of one end of a line: `link` is the line's id, `host` the end's. */
export function tunnelKey(vault: Vault, link: string, host: string): TunnelKey {
  const secret = `wireguard/${link.replace("~", "/")}/${host}.key`;
  const text = vault.ensure(secret, () => {
    const { d } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
    return `${Buffer.from(d!, "base64url").toString("base64")}\n`;
  });
  const der = Buffer.concat([PKCS8, Buffer.from(text, "base64")]);
  const { x } = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({ format: "jwk" });
  return { secret, publicKey: Buffer.from(x!, "base64url").toString("base64") };
}
