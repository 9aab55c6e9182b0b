// What travels between agent and console, one JSON text a WebSocket message (subprotocol `vonggac.1`).
// docs/architecture.md tells the conversation; codec.ts reads and refuses.
import Type from "typebox";
import { ItemSchema } from "./finding.ts";

const Id = Type.String({ minLength: 1, maxLength: 160 });
const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Instant = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
/** Which assignment the agent holds, and whether it could be applied (from OpAMP: hash and status). */
const ConfigState = Type.Object(
  {
    serial: Seq,
    hash: Type.String({ maxLength: 128 }),
    status: Type.Union([Type.Literal("none"), Type.Literal("applied"), Type.Literal("failed")]),
    error: Type.Optional(Type.String({ maxLength: 2_000 })),
  },
  { additionalProperties: false },
);
export type ConfigState = Type.Static<typeof ConfigState>;

export const FRAME_LIMITS = {
  /** Bytes of one message, either way. */
  bytes: 1_048_576,
  /** Items of one batch. */
  items: 50,
  /** Nesting of JSON. */
  depth: 12,
} as const;

/** Why the other side was refused. The close code stands beside each: 1000-range by RFC 6455, 4000-range ours. */
export const REFUSALS = {
  "frame-too-large": 1009,
  "frame-not-text": 1003,
  "frame-not-json": 4400,
  "frame-too-deep": 4400,
  "frame-unknown-type": 4400,
  "frame-invalid": 4400,
  "hello-expected": 4401,
  "identity-mismatch": 4403,
  "agent-unknown": 4403,
  "certificate-revoked": 4403,
  "agent-replaced": 4409,
  "sequence-hole": 4412,
  "epoch-unknown": 4412,
  "rate-exceeded": 4429,
  "try-later": 4503,
  "console-full": 4503,
  "store-unavailable": 4503,
} as const;
export type RefusalCode = keyof typeof REFUSALS;

/** The software's version: it is shown on screens and terminals, so it holds nothing that a terminal obeys. */
export const SoftwareVersion = Type.String({ pattern: "^[0-9A-Za-z.+-]{1,64}$" });

const hello = Type.Object(
  {
    t: Type.Literal("hello"),
    agent: Id,
    /** One a process: a second live instance of an agent is a clone. */
    instance: Id,
    version: SoftwareVersion,
    /** One a life of the outbox on disk. */
    epoch: Seq,
    /** The oldest seq that the outbox still holds, or the next that it will give. */
    nextSeq: Seq,
    at: Instant,
    config: ConfigState,
  },
  { additionalProperties: false },
);
const welcome = Type.Object(
  {
    t: Type.Literal("welcome"),
    /** The last seq of this epoch that is durable here; 0 for none. */
    lastSeq: Seq,
    /** Send a batch, empty if need be, at least this often: its ack is what tells both that the other lives. */
    beatMs: Type.Integer({ minimum: 200, maximum: 3_600_000 }),
    at: Instant,
  },
  { additionalProperties: false },
);
/** `payload` is the JSON text of an Assignment, as it was signed; a signature over bytes needs no canonical form. */
const assign = Type.Object(
  {
    t: Type.Literal("assign"),
    payload: Type.String({ maxLength: 900_000 }),
    /** Ed25519 over the payload's UTF-8 bytes, base64. */
    signature: Type.String({ maxLength: 128 }),
  },
  { additionalProperties: false },
);
const batch = Type.Object(
  {
    t: Type.Literal("batch"),
    epoch: Seq,
    /** The seq of items[0]; of an empty batch, the next that will be given. */
    firstSeq: Seq,
    items: Type.Array(ItemSchema, { maxItems: FRAME_LIMITS.items }),
    /** A digest of every target's last report: what is unchanged need not travel. Present when the outbox is empty. */
    digest: Type.Optional(Type.String({ maxLength: 64 })),
    at: Instant,
    config: Type.Optional(ConfigState),
  },
  { additionalProperties: false },
);
/** Cumulative, and sent only after the commit. */
const ack = Type.Object(
  { t: Type.Literal("ack"), epoch: Seq, seq: Seq, at: Instant, full: Type.Optional(Type.Literal(true)) },
  { additionalProperties: false },
);
/** The agent lost these: its outbox overflowed. The console keeps and shows it. */
const gap = Type.Object(
  { t: Type.Literal("gap"), epoch: Seq, from: Seq, to: Seq, reason: Type.String({ maxLength: 200 }) },
  { additionalProperties: false },
);
const refuse = Type.Object(
  {
    t: Type.Literal("refuse"),
    code: Type.Unsafe<RefusalCode>(Type.Union(Object.keys(REFUSALS).map((c) => Type.Literal(c)))),
    detail: Type.Optional(Type.String({ maxLength: 500 })),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
);

/** Frames that an agent may send. */
export const AGENT_FRAMES = { hello, batch, gap } as const;
/** Frames that a console may send. `ack.full` asks that every target's next report travel whole. */
export const CONSOLE_FRAMES = { welcome, assign, ack, refuse } as const;

export type Hello = Type.Static<typeof hello>;
export type Welcome = Type.Static<typeof welcome>;
export type Assign = Type.Static<typeof assign>;
export type Batch = Type.Static<typeof batch>;
export type Ack = Type.Static<typeof ack>;
export type Gap = Type.Static<typeof gap>;
export type Refuse = Type.Static<typeof refuse>;
export type AgentFrame = Hello | Batch | Gap;
export type ConsoleFrame = Welcome | Assign | Ack | Refuse;
