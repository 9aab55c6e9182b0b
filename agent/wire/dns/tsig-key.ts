/**
 * A TSIG key out of a file as name servers keep it: BIND's `key "name" { … };`, Knot DNS's `key:` section, or one line
 * `hmac-sha256:name:secret` as dig and kdig take it. Pure; says what is wrong without ever showing the secret.
 */
import { canonicalName } from "./name.ts";
import { isTsigAlgorithm, type TsigKey } from "./tsig.ts";

const MAX_TEXT = 16_384;

/** The first key of the text. Throws Error with the reason when there is none, or none that is spoken here. */
export function readTsigKey(text: string): TsigKey {
  if (text.length > MAX_TEXT) throw new Error("longer than a key file is");
  const plain = text.replace(/^\s*\/\/.*$|(^|\s)#.*$/gm, "");
  const found = bind(plain) ?? knot(plain) ?? line(plain);
  if (!found) throw new Error("no key in the form of BIND, of Knot DNS or hmac-sha256:name:secret");
  const algorithm = found.algorithm.toLowerCase().replace(/\.$/, "");
  if (!isTsigAlgorithm(algorithm)) throw new Error(`algorithm ${found.algorithm}: use hmac-sha256`);
  const secret = Buffer.from(found.secret, "base64");
  // node skips over what is not base64: a slip would become another key.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(found.secret) || secret.length === 0) throw new Error("the secret is not base64");
  return { name: canonicalName(found.name), algorithm, secret };
}

interface Found {
  readonly name: string;
  readonly algorithm: string;
  readonly secret: string;
}

function bind(text: string): Found | undefined {
  const [, name, body] = /\bkey\s+"?([^\s"{]+)"?\s*\{([^}]*)\}/.exec(text) ?? [];
  return name === undefined || body === undefined ? undefined : found(name, body);
}

function knot(text: string): Found | undefined {
  const [, name, body] = /^key:\s*\n\s*-\s*id:\s*"?([^\s"]+)"?((?:\n\s+\w+:.*)*)/m.exec(text) ?? [];
  return name === undefined || body === undefined ? undefined : found(name, body);
}

function found(name: string, body: string): Found | undefined {
  const value = (word: string) => new RegExp(`\\b${word}:?\\s+"?([^\\s";]+)`).exec(body)?.[1];
  const [algorithm, secret] = [value("algorithm"), value("secret")];
  return algorithm === undefined || secret === undefined ? undefined : { name, algorithm, secret };
}

function line(text: string): Found | undefined {
  const [, algorithm, name, secret] = /^\s*([\w-]+):([^\s:]+):(\S+)\s*$/m.exec(text) ?? [];
  if (algorithm === undefined || name === undefined || secret === undefined) return undefined;
  return { algorithm, name, secret };
}
