// What a person asks of the DNSSEC tool, read and refused by name before anything is sent. May read the files that are named.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { ROOT_HINTS, readHints } from "../wire/dns/hints.ts";
import { canonicalName } from "../wire/dns/index.ts";
import type { NameServer } from "../wire/dns/resolver/machine.ts";
import type { TsigKey } from "../wire/dns/tsig.ts";
import { readTsigKey } from "../wire/dns/tsig-key.ts";
import { ROOT_ANCHORS, readAnchors, type TrustAnchors } from "../wire/dns/validator/anchors.ts";
import { ToolError, type ToolErrorCode } from "./errors.ts";

/** As typed: paths, addresses and times are text. */
export interface DnssecRequest {
  readonly zone: string;
  /** File with DS or DNSKEY records; without it the root's own anchors. */
  readonly anchor?: string;
  /** File as `named.root`; without it the root servers of the Internet. */
  readonly hints?: string;
  /** Authoritative servers to look at instead of those that the zone names. */
  readonly server?: readonly string[];
  readonly resolver?: string;
  /** ISO 8601, or Unix seconds. */
  readonly at?: string;
  /** The zone is the caller's: transfer, recursion and walking may be tried. */
  readonly own?: boolean;
  /** File with the TSIG key of the zone's transfers; makes the zone the caller's. */
  readonly transferKey?: string;
  /** Text that the report before this one left as its `memory`. */
  readonly before?: string;
  /** Port of all servers, default 53; for tests. */
  readonly port?: number;
}

export interface DnssecInput {
  /** Canonical text. */
  readonly name: string;
  readonly anchors: TrustAnchors;
  readonly hints: readonly NameServer[];
  readonly servers: readonly string[];
  readonly resolver: string | undefined;
  /** Unix seconds. */
  readonly at: number | undefined;
  readonly own: boolean;
  /** It is the Internet's tree that is looked at. */
  readonly public: boolean;
  readonly transferKey: TsigKey | undefined;
  readonly before: string | undefined;
  readonly port: number;
}

/** @throws ToolError for each thing that is wrong, the first one found. */
export function readRequest(request: DnssecRequest): DnssecInput {
  const { anchor, hints, server = [], resolver, transferKey } = request;
  if (server.length > 0 && resolver !== undefined) throw new ToolError("options-conflict", "--server --resolver");
  return {
    name: nameOf(request.zone),
    anchors: anchor === undefined ? readAnchors(ROOT_ANCHORS) : parsed(anchor, "anchor-invalid", anchorsIn),
    hints: hints === undefined ? ROOT_HINTS : parsed(hints, "hints-invalid", hintsIn),
    servers: server.map((one) => addressOf("--server", one)),
    resolver: resolver === undefined ? undefined : addressOf("--resolver", resolver),
    at: request.at === undefined ? undefined : timeOf(request.at),
    public: hints === undefined && anchor === undefined,
    own: request.own === true || transferKey !== undefined,
    transferKey: transferKey === undefined ? undefined : parsed(transferKey, "key-invalid", readTsigKey),
    before: request.before,
    port: request.port ?? 53,
  };
}

/** Names in Vietnamese letters are taken as their ASCII form (RFC 5891). */
function nameOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is what is looked for
  const ascii = /^[\u0000-\u007f]*$/.test(text) ? text : domainToASCII(text);
  try {
    if (ascii === "" || /\s/.test(ascii)) throw new Error("no name");
    return canonicalName(ascii);
  } catch (error) {
    throw new ToolError("zone-name-invalid", text || "ZONE", error instanceof Error ? error.message : "", error);
  }
}

function addressOf(option: string, text: string): string {
  if (isIP(text) === 0) throw new ToolError("address-invalid", `${option} ${text}`);
  // One spelling an address, as answers will be written.
  return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

function timeOf(text: string): number {
  const ms = /^\d{9,11}$/.test(text)
    ? Number(text) * 1_000
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (!Number.isFinite(ms)) throw new ToolError("time-invalid", `--at ${text}`);
  return Math.floor(ms / 1_000);
}

function parsed<T>(path: string, code: ToolErrorCode, read: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ToolError("file-unreadable", path, (error as Error).message, error);
  }
  try {
    return read(text);
  } catch (error) {
    throw new ToolError(code, path, (error as Error).message, error);
  }
}

function anchorsIn(text: string): TrustAnchors {
  const anchors = readAnchors(text);
  if (anchors.anchors.length === 0) throw new Error("no DS or DNSKEY record");
  return anchors;
}

function hintsIn(text: string): NameServer[] {
  const hints = readHints(text);
  if (hints.length === 0) throw new Error("no NS record of the root with an address");
  return hints;
}
