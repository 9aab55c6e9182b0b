// Every rule of the policy pack. The only list of them.
import type { Rule } from "./rule.ts";
import { bothFamilies } from "./rules/both-families.ts";
import { managementHidden } from "./rules/management-hidden.ts";
import { noOverlap } from "./rules/no-overlap.ts";
import { noSecret } from "./rules/no-secret.ts";
import { signedZones } from "./rules/signed-zones.ts";
import { twoPaths } from "./rules/two-paths.ts";

export const RULES: readonly Rule[] = [twoPaths, bothFamilies, signedZones, noOverlap, managementHidden, noSecret];
