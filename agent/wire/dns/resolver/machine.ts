/**
 * The resolver as a state machine: what it asks of the world, what the world answers, and what one run carries along.
 * A run is a generator: it yields an OutQuery and takes an InReply, so that sockets, timers and retries stay outside. Pure.
 */
import type { Message } from "../message.ts";
import type { VerifyInput } from "../rrsig.ts";
import type { TrustAnchors } from "../validator/anchors.ts";
import type { Budget } from "./budget.ts";
import type { ResolverCache } from "./cache.ts";
import type { SignedRrset } from "./classify.ts";

/** One query to one server. EDNS with DO is meant unless `edns` says otherwise. */
export interface OutQuery {
  /** Address, textual, without a port. */
  readonly server: string;
  /** Canonical text; a probe of a server's manners may mix its case. */
  readonly name: string;
  readonly type: number;
  /** Default 1, IN. */
  readonly class?: number;
  readonly transport: "udp" | "tcp";
  /** Over TCP: on one connection with others that are under way (RFC 7766 §6.2.1.1). */
  readonly pipelined?: true;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** For probes of a server's manners: no OPT at all, one of version 1, with an unknown option or flag, or for 512 octets. */
  readonly edns?: "none" | "version-1" | "version-1-option" | "unknown-option" | "unknown-flag" | "small";
  /** The zone that the server is asked as an authority of, `.` for the root; of a forwarder, the forwarded zone. */
  readonly zone: string;
}

export type ReplyFailure =
  | "timeout" // nothing came, after the world's own retries
  | "unreachable" // the network said no
  | "malformed" // bytes came that readMessage refuses
  | "mismatch"; // a message came whose question is not ours (set by the machine itself)

/** What came of a query, and the time: Unix seconds. */
export type InReply = { readonly nowSeconds: number } & (
  | { readonly message: Message }
  | { readonly failure: ReplyFailure }
);

/** A part of a run that gives T in the end. */
export type Step<T> = Generator<OutQuery, T, InReply>;

/** A name server by name, with the addresses known for it. */
export interface NameServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Where a part of the tree is to be asked instead of following delegations. */
export interface Route {
  readonly zone: string;
  /** `forward`: recursive servers, asked with RD; `stub`: authorities. */
  readonly kind: "forward" | "stub";
  readonly servers: readonly NameServer[];
}

export interface ResolverConfig {
  readonly hints: readonly NameServer[];
  readonly routes: readonly Route[];
  readonly anchors: TrustAnchors;
  /** Which families the world can reach. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** NSEC3 iterations above this make a proof insecure (RFC 9276 §3.2). */
  readonly maxNsec3Iterations: number;
  /** Believe DS records by SHA-1 also where others are usable, against RFC 4509 §3. Default false. */
  readonly acceptWeakDigests?: boolean;
  /**
   * Ask a valid signature of every algorithm that DS or anchors name. RFC 6840 §5.11 has validators accept any one; this is
   * for those who want more. Default false.
   */
  readonly requireAllAlgorithms?: boolean;
  /** Tell servers above a zone no more of a name than they need (RFC 9156, relaxed). Default: not at all. */
  readonly minimise?: {
    /** The type asked for in place of the real one: A (RFC 9156 §2.1 prefers it) or NS. */
    readonly type: number;
    /** Ask by that type for the whole name too, before the real type is told. */
    readonly whole: boolean;
  };
  /** Take of an alias chain what stands at the name asked for, and ask for its target anew. Default false. */
  readonly cutChains?: boolean;
  /** Ask the hints for the root's servers before anything else (RFC 8109). Default false: the hints are the servers. */
  readonly prime?: boolean;
  /** Ask a server no more to which two questions in a row went without an answer, as long as the cache lives. Default false. */
  readonly leaveSilent?: boolean;
  /** Set CD towards forwarders, so that what they call bogus can be judged here. */
  readonly forwardCheckingDisabled: boolean;
  /** Judge signatures at this time instead of the world's: `--at`. Unix seconds. */
  readonly validationTime?: number;
  /** For tests: signatures of algorithms that the product does not know. */
  readonly verifyOther?: VerifyInput["verifyOther"];
  readonly supportsOther?: (algorithm: number) => boolean;
}

/** What one run carries along: configuration, the cache that runs share, the work that is left, the time. */
export interface Run {
  readonly config: ResolverConfig;
  readonly cache: ResolverCache;
  readonly budget: Budget;
  nowSeconds: number;
  /** NSEC and NSEC3 RRsets that verified beside an alias, by their zone: its target may lie below a cut that they deny. */
  readonly proofs: Map<string, readonly SignedRrset[]>;
  /** `server type/name`: not to be asked again, because what came was bogus. */
  readonly avoid: Set<string>;
}

/** Unix seconds at which signatures are judged. */
export function validationTime(run: Run): number {
  return run.config.validationTime ?? run.nowSeconds;
}

/** Asks one server once, as said: what is truncated comes back truncated. */
export function* askOnce(run: Run, query: OutQuery): Step<InReply> {
  if (!run.budget.take("queries")) return { nowSeconds: run.nowSeconds, failure: "timeout" };
  const reply: InReply = yield query;
  run.nowSeconds = reply.nowSeconds;
  return reply;
}

/** Asks one server; over TCP again when the answer is truncated. A reply whose question is not ours is a failure. */
export function* ask(run: Run, query: Omit<OutQuery, "transport">): Step<InReply> {
  for (const transport of ["udp", "tcp"] as const) {
    const reply = yield* askOnce(run, { ...query, transport });
    if ("failure" in reply) return reply;
    if (reply.message.truncated && transport === "udp") continue;
    if (reply.message.truncated) break; // there is nothing larger to ask over (RFC 2181 §9)
    const [question] = reply.message.questions;
    // A refusal may come without its question (RFC 9619 §1); anything else has to repeat it.
    const repeats = question ? question.name === query.name && question.type === query.type : reply.message.rcode !== 0;
    const ours = repeats && reply.message.response;
    return ours ? reply : { nowSeconds: reply.nowSeconds, failure: "mismatch" };
  }
  return { nowSeconds: run.nowSeconds, failure: "malformed" };
}
