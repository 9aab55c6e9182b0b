// From the claims of an identity provider to roles and agencies here, by the operator's table and nothing else: a claim that no
// row names gives nothing, and who gets no role does not come in. Pure.
import Type from "typebox";
import { ROLES, type Role, roleFault } from "./roles.ts";

const RoleSchema = Type.Unsafe<Role>(Type.Enum([...ROLES]));

/** One row: whoever's claim has (or contains) the value gets these roles, over these agencies (none: the whole province). */
export const ClaimRowSchema = Type.Object(
  {
    claim: Type.String({ minLength: 1, maxLength: 128 }),
    value: Type.String({ minLength: 1, maxLength: 256 }),
    roles: Type.Array(RoleSchema, { minItems: 1, maxItems: ROLES.length }),
    agencies: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 160 }), { maxItems: 200 })),
  },
  { additionalProperties: false },
);
export type ClaimRow = Type.Static<typeof ClaimRowSchema>;

export type Granted = { ok: true; roles: Role[]; agencies: string[] } | { ok: false; code: "no-role" };

/**
 * What the claims give. Rows for the whole province win over rows for agencies when the roles are such that cannot be mixed:
 * agency IT beside any other role is dropped, because its limit would limit nothing.
 */
export function grantedBy(rows: readonly ClaimRow[], claims: Readonly<Record<string, unknown>>): Granted {
  const hit = rows.filter((row) => {
    const said = Object.hasOwn(claims, row.claim) ? claims[row.claim] : undefined;
    return Array.isArray(said) ? said.includes(row.value) : said === row.value;
  });
  const central = hit.filter((row) => !row.roles.includes("agency-it"));
  const taken = central.length > 0 ? central : hit;
  const roles = [...new Set(taken.flatMap((row) => row.roles))];
  const whole = taken.some((row) => (row.agencies ?? []).length === 0);
  const agencies = whole ? [] : [...new Set(taken.flatMap((row) => row.agencies ?? []))];
  return roleFault(roles, agencies) === undefined ? { ok: true, roles, agencies } : { ok: false, code: "no-role" };
}
