// No secret in the clear: what the engine is told lies in its state, its logs and its previews. A secret travels by its vault's name.
import type { Rule, Stack, Violation } from "../rule.ts";

/** What a secret looks like, and what to call it. */
const SHAPES: [RegExp, string][] = [
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, "a private key"],
  [/^\s*secret:\s*"?[A-Za-z0-9+/]{16,}={0,2}"?\s*$/m, "a TSIG secret"],
  [/^\s*PrivateKey\s*=\s*[A-Za-z0-9+/]{42,44}=?\s*$/m, "a WireGuard key"],
  [/\b(?:password|passphrase|api[_-]?key|token)["']?\s*[:=]\s*["'][^"'\s]{12,}["']/i, "a password or token"],
];

export const noSecret: Rule = {
  name: "no-secret-in-clear",
  description:
    "keys, tokens and passwords come from the vault by name and are never among the engine's inputs or public texts",
  check: (stack) => [
    ...stack.hosts.flatMap((host) => inHost(stack, host)),
    ...stack.links.flatMap((l) => inInputs(`Link ${l.link}`, l)),
  ],
};

function inHost(stack: Stack, host: Stack["hosts"][number]): Violation[] {
  const where = `Host ${host.host}`;
  const files = Object.keys(host.files).flatMap((path) => {
    const found = shapeIn(stack.text(host, path) ?? "");
    return found === undefined ? [] : [{ where, what: `${path} holds ${found} in the clear: name it from the vault` }];
  });
  return [...inInputs(where, host), ...files];
}

function inInputs(where: string, inputs: object): Violation[] {
  // Escaped line ends would hide a line's beginning.
  const found = shapeIn(JSON.stringify(inputs).replaceAll("\\n", "\n").replaceAll('\\"', '"'));
  return found === undefined ? [] : [{ where, what: `its inputs hold ${found} in the clear: name it from the vault` }];
}

const shapeIn = (text: string): string | undefined => SHAPES.find(([shape]) => shape.test(text))?.[1];
