// People's accounts, sessions and tokens as the API tells of them.
export const ROLES = ["engineer", "security-staff", "security-lead", "agency-it", "auditor", "administrator"] as const;

export interface Account {
  uid: string;
  name: string;
  display: string;
  roles: string[];
  /** Empty: the whole province. */
  agencies: string[];
  state: "active" | "disabled" | "sealed";
  subject?: string;
  hasPassword: boolean;
  hasSecondFactor: boolean;
}
/** Shown once: with it the account's owner sets a password and a second factor. */
export interface Invitation {
  code: string;
  expiresAt: number;
}
export interface Session {
  id: string;
  account: string;
  method: "code" | "local" | "sealed" | "oidc";
  address: string;
  createdAt: number;
  expiresAt: number;
}
export interface Passkey {
  id: string;
  label: string;
  createdAt: number;
  usedAt?: number;
}
export interface Token {
  id: string;
  account: string;
  label: string;
  roles: string[];
  agencies: string[];
  expiresAt: number;
  usedAt?: number;
}
