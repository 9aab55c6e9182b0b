// The seam of the agent: what a check and a detector are, and the one door (World) through which they see anything.
// A check is one screen: what it applies to, what it looks at, which clause it enforces. It opens no socket, reads no clock
// and knows no other check; severity, text and remedy stand in protocol/tags.ts, never here.
import type { X509Certificate } from "node:crypto";
import type { Detection, Evidence, Finding } from "../protocol/finding.ts";
import type { LogKind, TargetKind, TargetOf } from "../protocol/target.ts";
import type { Address, AddressText } from "./wire/address.ts";
import type { Route } from "./wire/proc-routes.ts";

/** What one run says. A run that cannot look says `skipped`; one that throws is reported as `broke` by the runner. */
export type Outcome =
  | {
      findings: Finding[];
      facts?: Evidence;
      /** For the next run, also after a restart: small, and the same text as long as nothing happens. */
      memory?: string;
    }
  | { skipped: string };

export interface Check<K extends TargetKind> {
  /** Stable: it is part of a finding's identity. */
  readonly id: string;
  readonly kind: K;
  /**
   * `kernel`: facts of this machine, reported at once. `network`: a probe that a lost packet can fail, so that a new finding
   * is believed only when a second run, at once, sees it too (runner.ts).
   */
  readonly sees: "kernel" | "network";
  /** What it enforces; each tag's own clause stands in protocol/tags.ts. */
  readonly clauses: readonly string[];
  /** `before`: the memory that the last run left, if any. */
  run(target: TargetOf<K>, world: World, before?: string): Promise<Outcome>;
}

/** What a detector says; the runner adds id, target and time. */
export type Sighting = Omit<Detection, "type" | "id" | "target" | "at">;

/** What a detector knew when its place in the log was last written down, and how long ago that was. */
export interface Remembered {
  memory: string;
  agoMs: number;
  nowMs: number;
}

/** Times are milliseconds of a clock that never jumps. */
export interface Watching {
  /** Called at every tick, also with no lines. */
  step(lines: readonly string[], nowMs: number): Sighting[];
  /** All that it needs to go on after a restart as if there had been none; bounded. */
  memory(nowMs: number): string;
}

/** A detector is a pure state machine over lines of a log: lines and the time in, sightings out. */
export interface Detector<K extends LogKind> {
  readonly id: string;
  readonly kind: K;
  readonly clauses: readonly string[];
  /** Makes the state for one target; `before` is what a life before this one remembered. */
  start(target: TargetOf<K>, before?: Remembered): Watching;
}

/** Why a peer could not be spoken to. `detail` of the system's own code stands beside it where there is one. */
export type NetworkFailure = "refused" | "timeout" | "unreachable" | "reset" | "tls-failed" | "failed";
export type Failed = { ok: false; why: NetworkFailure; detail: string };

export interface Endpoint {
  address: AddressText;
  port: number;
}

/** What a TLS server showed, judged by nobody yet. */
export interface TlsSeen {
  ok: true;
  /** As served, the leaf first; never a root that the server did not send. */
  chain: X509Certificate[];
  /** OpenSSL's verdict against the roots given, or undefined when it had nothing to say. */
  verdict: string | undefined;
}

/** `down`: switched off here. `no-carrier`: on, and nothing at the other end. */
export type DeviceState = "running" | "no-carrier" | "down" | "missing";

/** Facts of this machine's kernel in this network namespace; one reading serves all who ask within a tick. */
export interface Kernel {
  device(name: string): DeviceState;
  /** Its IPv6 addresses, those of devices without a carrier too. */
  addresses6(): Address[];
  routes(family: 4 | 6): Route[];
  /** Established TCP sessions with port 179 at either end, as `sessionKey` writes them. */
  bgpSessions(): ReadonlySet<string>;
  /** Router advertisements received by a device since it is there (RFC 4861 §4.2); undefined where the kernel does not count them. */
  routerAdvertisements(device: string): number | undefined;
}

/** `files` is 0 where the file system does not count them. */
export interface Space {
  bytes: number;
  freeBytes: number;
  files: number;
  freeFiles: number;
}

/** Where reading a log stopped: the file by its inode, the offset behind the last whole line. */
export interface Cursor {
  inode: string;
  offset: number;
  /** What the detector knew at that place, and the wall clock then. */
  memory?: string;
  at?: number;
}

export interface Tail {
  /** Whole lines since the last call, bounded; throws AgentError "log-unreadable". */
  read(): { lines: string[]; cursor: Cursor | undefined };
  close(): void;
}

/** The only door to network, disk and clock. agent/world/ is the real one. */
export interface World {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  readonly kernel: Kernel;
  connectTcp(to: Endpoint, timeoutMs: number): Promise<{ ok: true } | Failed>;
  /** A handshake of its own each time, never a resumed one: the certificate served now is what is seen. */
  connectTls(to: Endpoint, name: string, roots: string, timeoutMs: number): Promise<TlsSeen | Failed>;
  /** One datagram out; the first answer for which `accepts` is true comes back. */
  exchangeUdp(
    to: Endpoint,
    query: Uint8Array,
    accepts: (answer: Uint8Array) => boolean,
    timeoutMs: number,
  ): Promise<{ ok: true; answer: Uint8Array } | Failed>;
  /**
   * Many datagrams, one every `gapMs`, from one socket. For each how long its answer took, milliseconds, or undefined when none came
   * within `timeoutMs` of the last; `indexOf` says which one an answer is for.
   */
  burstUdp(
    to: Endpoint,
    queries: readonly Uint8Array[],
    indexOf: (answer: Uint8Array) => number | undefined,
    gapMs: number,
    timeoutMs: number,
  ): Promise<{ ok: true; tookMs: (number | undefined)[] } | Failed>;
  /** One page over HTTPS, whoever vouches for the certificate: another check judges that. At most 1 MiB of its body. */
  fetchPage(
    to: Endpoint,
    name: string,
    path: string,
    timeoutMs: number,
  ): Promise<{ ok: true; status: number; body: Uint8Array } | Failed>;
  /** Octets and files of the file system below a path: all and what an ordinary account may still take. */
  space(path: string): Space | undefined;
  /** One length-prefixed DNS message over TCP (RFC 7766). */
  exchangeTcp(to: Endpoint, query: Uint8Array, timeoutMs: number): Promise<{ ok: true; answer: Uint8Array } | Failed>;
  /** As exchangeTcp, on a connection that other questions of the same moment share (RFC 7766 §6.2.1.1). */
  exchangePipelined: World["exchangeTcp"];
  /** One query over TCP, any number of messages back: `take` says when the last one has come. */
  streamTcp(
    to: Endpoint,
    query: Uint8Array,
    take: (message: Uint8Array) => "more" | "done",
    timeoutMs: number,
  ): Promise<{ ok: true } | Failed>;
  /** As connectTls, behind SMTP's STARTTLS (RFC 3207). `tls-failed` with detail `no STARTTLS`: it is not offered. */
  connectSmtpTls(to: Endpoint, name: string, roots: string, timeoutMs: number): Promise<TlsSeen | Failed>;
  /** 16 unpredictable bits: a query's id. */
  random16(): number;
  tail(path: string, from: Cursor | undefined): Tail;
  /** Text of this host's /etc/resolv.conf, at most 64 KiB; undefined when there is none. */
  resolvConf(): string | undefined;
  /** Text of the TSIG key for transfers of a zone that this agent audits; undefined when it has none. */
  transferKey(): string | undefined;
}
