/**
 * The catalogue: every fault that the differential run knows, in one place.
 */
import { DELEGATION_FAULTS } from "./delegation.ts";
import { DENIAL_FAULTS } from "./denial.ts";
import type { Fault } from "./fault.ts";
import { KEY_FAULTS } from "./keys.ts";
import { SIGNATURE_FAULTS } from "./signatures.ts";

export const FAULTS: readonly Fault[] = [...SIGNATURE_FAULTS, ...KEY_FAULTS, ...DELEGATION_FAULTS, ...DENIAL_FAULTS];

export type { Fault } from "./fault.ts";
