// Every way in which set-up can fail, by name. Texts (what is wrong, what to do) stand in locales/ under `failure.<code>`.
// Like all of setup/*.mjs this runs on Debian 12's own Node 18, without a single dependency.

export const FAILURE_CODES = /** @type {const} */ ([
  "not-linux",
  "not-debian",
  "not-root",
  "checkout-unreadable",
  "node-too-old",
  "option-invalid",
  "port-taken",
  "listen-impossible",
  "disk-full",
  "apt-locked",
  "apt-unreachable",
  "apt-package-unknown",
  "apt-would-remove",
  "apt-failed",
  "registry-unreachable",
  "npm-failed",
  "node-unusable",
  "engine-unavailable",
  "account-failed",
  "screen-build-failed",
  "code-compile-failed",
  "step-without-effect",
  "lab-failed",
  "sign-in-failed",
  "address-silent",
]);

/** @typedef {typeof FAILURE_CODES[number]} FailureCode */

/**
 * A named failure of set-up: `where` it happened (a path, a command, an address), and the facts that fill its text.
 * `detail` is what the tool itself said, shortened by whoever throws.
 */
export class SetupFailure extends Error {
  /**
   * @param {FailureCode} code
   * @param {{ where: string, detail?: string, facts?: Record<string, string | number>, cause?: unknown }} about
   */
  constructor(code, about) {
    super(`${code}: ${about.where}`, { cause: about.cause });
    this.name = "SetupFailure";
    this.code = code;
    this.where = about.where;
    this.detail = about.detail ?? "";
    this.facts = about.facts ?? {};
  }
}

/** The last lines of a tool's output: enough to act upon, short enough to read. @param {string} text @param {number} [lines] */
export function tail(text, lines = 12) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
