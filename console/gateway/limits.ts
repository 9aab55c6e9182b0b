// How much an agent, or whoever reaches the port, may ask of the gateway. One table, so that it can be read at once.
import { FRAME_LIMITS } from "../../protocol/frame.ts";
import type { BucketRule } from "../rate.ts";

export interface GatewayLimits {
  /** Bytes of a message that ws takes at all: above FRAME_LIMITS.bytes, so that the codec can name the refusal. */
  messageBytes: number;
  /** From the upgrade to a hello. */
  helloMs: number;
  /** Without any frame for this long the connection is given up: long after the agent was called silent. */
  idleMs: number;
  tlsHandshakeMs: number;
  /** TLS handshakes at a time, and how long a connection may wait for its own: an agent gives up after 30 s. */
  handshakes: number;
  patienceMs: number;
  /** Agents connected at a time; the limit of open files may admit fewer. */
  agents: number;
  requestMs: number;
  /** Frames of one agent. A full outbox of 100,000 items drains in 2,000 frames. */
  frames: BucketRule;
  /** Connections of one agent. */
  connects: BucketRule;
  /** Hellos of all agents: a whole province that comes back at once is let in at this pace. */
  hellos: BucketRule;
  /** Batches of one agent that wait for their commit before its socket is no longer read. */
  unacked: number;
  /** The same when more waits than is good. */
  unackedPressed: number;
  /** Bytes that an agent may leave unread before it is dropped. */
  unsentBytes: number;
  enrolBodyBytes: number;
  /** Enrolment requests of one address (a /64 counts as one). */
  enrols: BucketRule;
  /** Of one agent's words about releases: each is kept in the audit. */
  outcomes: BucketRule;
  enrolMs: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  messageBytes: FRAME_LIMITS.bytes * 2,
  helloMs: 5_000,
  idleMs: 30_000,
  tlsHandshakeMs: 10_000,
  handshakes: 128,
  patienceMs: 28_000,
  agents: 1_000_000,
  requestMs: 10_000,
  frames: { burst: 3_000, perSecond: 500 },
  connects: { burst: 20, perSecond: 1 },
  hellos: { burst: 2_000, perSecond: 1_000 },
  unacked: 32,
  unackedPressed: 2,
  unsentBytes: 4 * 1024 * 1024,
  enrolBodyBytes: 16 * 1024,
  enrols: { burst: 20, perSecond: 1 },
  outcomes: { burst: 10, perSecond: 1 / 360 },
  enrolMs: 10_000,
};
