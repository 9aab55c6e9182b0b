// The door for the command line: tools that look from here, once, with the same engines as the checks.
import { checkDnssec as check, type DnssecReport } from "./tools/dnssec.ts";
import type { DnssecRequest } from "./tools/dnssec-input.ts";
import { makeWorld } from "./world/index.ts";

export type { DnssecFinding, DnssecReport, ServerReport } from "./tools/dnssec.ts";
export type { DnssecRequest } from "./tools/dnssec-input.ts";
export { ToolError } from "./tools/errors.ts";
export type { ChainZone } from "./wire/dns/audit/path.ts";

/** Audits a zone over this machine's network. @throws ToolError when nothing could be looked at. */
export const checkDnssec = (request: DnssecRequest): Promise<DnssecReport> => check(request, makeWorld());
