// Lockout, steps of the sign-in, passwords, roles: the tables, row by row.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BY_ACCOUNT, type Misses, missed, waitOf } from "../../../console/people/lockout.ts";
import { PERMISSIONS, permissionsOf, ROLE_PERMISSIONS, ROLES, roleFault } from "../../../console/people/roles.ts";
import { afterPassword, passwordFault } from "../../../console/people/sign-in.ts";

test("a wait grows, never above its limit, and is forgotten in the end", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 60 }), (gaps) => {
      let misses: Misses | undefined;
      let now = 1;
      for (const gap of gaps) {
        now += gap;
        const before = misses;
        misses = missed(before, BY_ACCOUNT, now);
        const wait = waitOf(misses, now);
        assert.ok(wait <= BY_ACCOUNT.longestMs);
        assert.equal(wait > 0, misses.wrong >= BY_ACCOUNT.free);
      }
      if (misses) assert.equal(missed(misses, BY_ACCOUNT, now + BY_ACCOUNT.forgetMs).wrong, 1);
    }),
  );
});

const person = { state: "active", passwordRight: true, hasSecondFactor: true } as const;
for (const [what, candidate, provider, step] of [
  ["nobody of that name", undefined, "absent", { refused: "credentials-wrong" }],
  ["a wrong password", { ...person, passwordRight: false }, "absent", { refused: "credentials-wrong" }],
  ["a disabled account", { ...person, state: "disabled" }, "absent", { refused: "credentials-wrong" }],
  ["both factors there", person, "up", { go: "second-factor" }],
  ["no second factor yet", { ...person, hasSecondFactor: false }, "absent", { go: "enrol" }],
  ["sealed, provider up", { ...person, state: "sealed" }, "up", { refused: "account-sealed" }],
  ["sealed, no provider", { ...person, state: "sealed" }, "absent", { refused: "account-sealed" }],
  ["sealed, provider down", { ...person, state: "sealed" }, "down", { go: "second-factor" }],
  [
    "sealed, wrong password: not even that it is sealed",
    { ...person, state: "sealed", passwordRight: false },
    "up",
    { refused: "credentials-wrong" },
  ],
  [
    "sealed without a second factor",
    { ...person, state: "sealed", hasSecondFactor: false },
    "down",
    { refused: "account-sealed" },
  ],
] as const)
  test(`after the password: ${what}`, () => assert.deepEqual(afterPassword(candidate, provider), step));

test("passwords: length rather than composition", () => {
  assert.equal(passwordFault("correct horse battery", "lan"), undefined);
  assert.equal(passwordFault("mật khẩu dài vừa đủ", "lan"), undefined);
  assert.equal(passwordFault("short", "lan"), "password-short");
  assert.equal(passwordFault("x".repeat(300), "lan"), "password-long");
  assert.equal(passwordFault("aaaaaaaaaaaaaa", "lan"), "password-repeats");
  assert.equal(passwordFault("nguyen.van.an 2026", "nguyen.van.an"), "password-is-name");
});

test("roles: the auditor changes nothing, agency IT stands alone and names its agencies", () => {
  const reads = /\.(read|own)$/;
  for (const p of ROLE_PERMISSIONS.auditor) assert.match(p, reads, `auditor: ${p}`);
  // Agency IT writes in one place: it answers what was written to it.
  for (const p of ROLE_PERMISSIONS["agency-it"]) assert.match(p, /\.(read|own)$|^incident\.answer$/, `agency-it: ${p}`);
  assert.deepEqual([...permissionsOf(ROLES)].sort(), [...PERMISSIONS].sort(), "every permission is somebody's");
  assert.ok(!ROLE_PERMISSIONS.administrator.includes("incident.handle"));
  assert.equal(roleFault([], []), "role-missing");
  assert.equal(roleFault(["agency-it"], []), "agency-missing");
  assert.equal(roleFault(["agency-it", "auditor"], ["a"]), "agency-it-stands-alone");
  assert.equal(roleFault(["agency-it"], ["a"]), undefined);
});
