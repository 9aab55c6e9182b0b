// The steps of signing in with an account of our own, as a table: what follows a right password, and who may begin at all. No
// step is skipped: a session is given after two factors and in no other way (codes of the machine's holder: api/codes.ts). Pure.

/** What is known of whoever gave a name and a password. */
export interface Candidate {
  state: "active" | "disabled" | "sealed";
  passwordRight: boolean;
  hasSecondFactor: boolean;
}

/** `absent`: none is configured, accounts of our own are the only ones. */
export type Provider = "absent" | "up" | "down";

export type Step =
  | { go: "second-factor" }
  /** The first sign-in: the second factor is set up before there is a session. */
  | { go: "enrol" }
  | { refused: "credentials-wrong" | "account-sealed" };

/**
 * What follows. Unknown names, disabled accounts and wrong passwords are one refusal, so that none tells whether a name exists. The
 * sealed account answers a right password only, and only while the identity provider is down: it says that it is sealed to
 * nobody else.
 */
export function afterPassword(candidate: Candidate | undefined, provider: Provider): Step {
  if (!candidate?.passwordRight || candidate.state === "disabled") return { refused: "credentials-wrong" };
  if (candidate.state === "sealed" && provider !== "down") return { refused: "account-sealed" };
  // A sealed account whose factor was never set up must not be set up by whoever has found its password.
  if (candidate.state === "sealed" && !candidate.hasSecondFactor) return { refused: "account-sealed" };
  return { go: candidate.hasSecondFactor ? "second-factor" : "enrol" };
}

/** NIST SP 800-63B §5.1.1.2: length, not composition; nothing that is the account's own name. */
export const PASSWORD = { least: 12, most: 256 } as const;
export type PasswordFault = "password-short" | "password-long" | "password-is-name" | "password-repeats";

/** What is wrong with a new password; undefined for nothing. */
export function passwordFault(password: string, name: string): PasswordFault | undefined {
  const length = [...password].length;
  if (length < PASSWORD.least) return "password-short";
  if (Buffer.byteLength(password) > PASSWORD.most) return "password-long";
  if (new Set(password).size < 5) return "password-repeats";
  return password.toLowerCase().includes(name.toLowerCase()) ? "password-is-name" : undefined;
}
