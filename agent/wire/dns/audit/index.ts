/** The audit of a zone: what is looked at, in one visible list. Pure: a collection in, findings out. */
import { NOTHING_KNOWN } from "./memory.ts";
import type { AuditFinding, AuditPolicy, Rule } from "./rule.ts";
import { DEFAULT_POLICY } from "./rule.ts";
import { above } from "./rules/above.ts";
import { addresses } from "./rules/addresses.ts";
import { agreement } from "./rules/agreement.ts";
import { caa } from "./rules/caa.ts";
import { chain } from "./rules/chain.ts";
import { delegation } from "./rules/delegation.ts";
import { denial } from "./rules/denial.ts";
import { keys } from "./rules/keys.ts";
import { mail } from "./rules/mail.ts";
import { manners } from "./rules/manners.ts";
import { master } from "./rules/master.ts";
import { open } from "./rules/open.ts";
import { placement } from "./rules/placement.ts";
import { reach } from "./rules/reach.ts";
import { rollover } from "./rules/rollover.ts";
import { signatures } from "./rules/signatures.ts";
import type { ZoneSeen } from "./seen.ts";
import { judgeAll } from "./table.ts";

export const RULES: readonly Rule[] = [
  reach,
  manners,
  open,
  chain,
  above,
  keys,
  rollover,
  signatures,
  denial,
  agreement,
  delegation,
  placement,
  addresses,
  master,
  mail,
  caa,
];

/** Findings of all rules over one collection, in the order of the list. */
export function audit(seen: ZoneSeen, policy: AuditPolicy = DEFAULT_POLICY, before = NOTHING_KNOWN): AuditFinding[] {
  const input = { seen, rrsets: judgeAll(seen), policy, before };
  return RULES.flatMap((rule) => rule.run(input));
}

export {
  apexProbes,
  collectAtParent,
  collectChain,
  collectName,
  firstProbes,
  hostOf,
  mannersProbes,
  namesFor,
  type Probing,
  serversOf,
} from "./collect.ts";
export { type AuditFinding, type AuditPolicy, DEFAULT_POLICY, type Rule } from "./rule.ts";
export type { AuditPlan, RrsetName, ServerAddress, ServerSeen, ZoneSeen } from "./seen.ts";
