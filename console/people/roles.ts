// Who may do what: the table of roles and permissions, and nothing that decides otherwise. A route names the one permission
// that it needs (console/api/routes.ts); whose data it gives is the scope's business (scope.ts). Pure.

export const ROLES = ["engineer", "security-staff", "security-lead", "agency-it", "auditor", "administrator"] as const;
export type Role = (typeof ROLES)[number];

/** The account of whoever holds this machine: it has no password and comes in by one-time code only. */
export const OPERATOR = "operator";
export const OPERATOR_ROLES: readonly Role[] = ["administrator", "security-lead"];

export const PERMISSIONS = [
  "watch.read", // agencies, agents, what every check says, the live feed
  "incident.read",
  "incident.handle", // take one, note on it, close one's own
  "incident.answer", // an agency's own people: answer what was written to them, do what they were asked
  "incident.lead", // what changes other people's work: assign, merge, split, reclassify
  "evidence.read", // what agents sent, with the addresses in it
  "silence.manage", // silences and maintenance windows
  "audit.read",
  "people.read", // accounts, their sessions and tokens
  "people.manage",
  "system.manage", // channels, policies, agents' enrolment
  "token.own", // to make a token for oneself
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/**
 * The auditor reads and changes nothing. The administrator keeps accounts and the system, and does not work on incidents:
 * who may erase a trace does not also make one. Agency IT reads, of its own agencies only, and
 * answers what is written to them.
 */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  engineer: ["watch.read", "incident.read", "incident.handle", "evidence.read", "silence.manage", "token.own"],
  "security-staff": ["watch.read", "incident.read", "incident.handle", "evidence.read", "token.own"],
  "security-lead": [
    "watch.read",
    "incident.read",
    "incident.handle",
    "incident.lead",
    "evidence.read",
    "silence.manage",
    "audit.read",
    "token.own",
  ],
  "agency-it": ["watch.read", "incident.read", "incident.answer", "evidence.read", "token.own"],
  auditor: ["watch.read", "incident.read", "evidence.read", "audit.read", "people.read", "token.own"],
  administrator: [
    "watch.read",
    "incident.read",
    "audit.read",
    "people.read",
    "people.manage",
    "system.manage",
    "token.own",
  ],
};

/** What these roles may do together. */
export const permissionsOf = (roles: readonly Role[]): ReadonlySet<Permission> =>
  new Set(roles.flatMap((r) => ROLE_PERMISSIONS[r]));

export type RoleFault = "role-missing" | "agency-it-stands-alone" | "agency-missing";

/**
 * Whether an account may have these roles over these agencies (none: the whole province). Agency IT stands alone and names
 * its agencies: beside another role its limit would be no limit.
 */
export function roleFault(roles: readonly Role[], agencies: readonly string[]): RoleFault | undefined {
  if (roles.length === 0) return "role-missing";
  if (!roles.includes("agency-it")) return undefined;
  if (roles.some((r) => r !== "agency-it")) return "agency-it-stands-alone";
  return agencies.length === 0 ? "agency-missing" : undefined;
}
