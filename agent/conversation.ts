// One connection's conversation with the console (docs/architecture.md, "Delivery, the conversation"), without the socket:
// frames in, frames out, a beat, and a watch over acks. It ends once, with a reason; link.ts then connects anew.
//
//   hello → welcome → what was sent before and not acked, again → everything new, at most WINDOW seqs ahead of the acks
import type { Item } from "../protocol/finding.ts";
import {
  type Ack,
  type AgentFrame,
  type Batch,
  type ConfigState,
  type ConsoleFrame,
  FRAME_LIMITS,
  type RefusalCode,
  type Welcome,
} from "../protocol/frame.ts";
import type { Signed } from "./assignment.ts";
import type { Entry, Outbox } from "./outbox.ts";

/** Seqs sent ahead of the acks: enough to keep a fast line full, few enough to be sent again without regret. */
const WINDOW = 400;
/** A frame may hold 1 MiB; the rest is for its head. */
const BATCH_BYTES = 900_000;
const WELCOME_WITHIN_MS = 10_000;
/** The console is taken for gone after so many beats without an ack. */
const BEATS = 2.5;

export type End =
  | { why: "no-welcome" | "no-acks" | "new-epoch" | "frame-refused" | "unreachable" | "closed"; detail?: string }
  | { why: "refused"; code: RefusalCode; detail?: string; retryAfterMs?: number };

export interface Parts {
  agent: string;
  instance: string;
  version: string;
  outbox: Outbox;
  now(): number;
  config(): ConfigState;
  onAssign(signed: Signed): void;
  /** The console asks for whole reports, or lost some: put all last reports into the outbox. */
  onFull(): void;
  /** Of all last reports; undefined while some target has not spoken. */
  digest(): string | undefined;
  onAck(): void;
}

export class Conversation {
  private readonly parts: Parts;
  private readonly send: (frame: AgentFrame) => void;
  private readonly end: (end: End) => void;
  private isLive = false;
  private isOver = false;
  private beatMs = 0;
  private beat: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private toldConfig = "";

  /** Says hello at once. `end` is called once at most, and never from within the constructor. */
  constructor(parts: Parts, send: (frame: AgentFrame) => void, end: (end: End) => void) {
    this.parts = parts;
    this.send = send;
    this.end = end;
    const { agent, instance, version, outbox } = parts;
    const config = parts.config();
    this.toldConfig = JSON.stringify(config);
    send({
      t: "hello",
      agent,
      instance,
      version,
      epoch: outbox.epoch,
      nextSeq: outbox.oldestSeq,
      at: parts.now(),
      config,
    });
    this.watchFor("no-welcome", WELCOME_WITHIN_MS);
  }

  receive(frame: ConsoleFrame): void {
    if (this.isOver) return;
    if (frame.t === "welcome") this.welcome(frame);
    else if (frame.t === "ack") this.ack(frame);
    else if (frame.t === "refuse") this.finish({ ...frame, why: "refused" });
    else {
      this.parts.onAssign(frame);
      this.tellConfig();
    }
  }

  /** Sends what the outbox has, as far as the window allows. Before the welcome it only makes it durable. */
  pump(): void {
    const { outbox } = this.parts;
    if (this.isOver) return;
    const room = this.isLive ? Math.max(WINDOW - outbox.inFlight, 0) : 0;
    this.sendEntries(outbox.flush(room));
  }

  /** How the agent stands with its assignment, when that changed. */
  tellConfig(): void {
    if (this.isLive && JSON.stringify(this.parts.config()) !== this.toldConfig) this.sendBatch([]);
  }

  /** The socket is gone, or the agent stops. */
  stop(): void {
    this.isOver = true;
    clearTimeout(this.beat);
    clearTimeout(this.watch);
  }

  private welcome({ lastSeq, beatMs }: Welcome): void {
    if (this.isLive) return;
    const { outbox } = this.parts;
    const { again, lost, rolledBack } = outbox.resume(lastSeq);
    if (rolledBack) {
      this.parts.onFull();
      this.finish({ why: "new-epoch" });
      return;
    }
    this.isLive = true;
    this.beatMs = beatMs;
    this.watchFor("no-acks", BEATS * beatMs);
    if (lost) {
      this.send({ t: "gap", epoch: outbox.epoch, ...lost, reason: "outbox-lost" });
      this.parts.onFull();
    }
    this.sendEntries(again);
    this.pump();
    this.beatLater();
  }

  private ack({ epoch, seq, full }: Ack): void {
    const { outbox } = this.parts;
    if (!this.isLive || epoch !== outbox.epoch) return;
    this.watchFor("no-acks", BEATS * this.beatMs);
    outbox.ack(seq);
    if (full) this.parts.onFull();
    this.parts.onAck();
    if (outbox.hasUnsent) this.pump();
  }

  /** Entries in order: runs of items as batches, ranges that were lost as gaps. */
  private sendEntries(entries: readonly Entry[]): void {
    let run: { firstSeq: number; items: Item[]; bytes: number } | undefined;
    const flushRun = () => {
      if (run) this.sendBatch(run.items, run.firstSeq);
      run = undefined;
    };
    for (const entry of entries) {
      if ("lostTo" in entry) {
        flushRun();
        const { epoch } = this.parts.outbox;
        this.send({ t: "gap", epoch, from: entry.seq, to: entry.lostTo, reason: "outbox-overflow" });
        this.parts.onFull();
        continue;
      }
      const bytes = Buffer.byteLength(JSON.stringify(entry.item));
      if (run && (run.items.length === FRAME_LIMITS.items || run.bytes + bytes > BATCH_BYTES)) flushRun();
      run ??= { firstSeq: entry.seq, items: [], bytes: 0 };
      run.items.push(entry.item);
      run.bytes += bytes;
    }
    flushRun();
  }

  private sendBatch(items: Item[], firstSeq = this.parts.outbox.nextSeq): void {
    const { outbox, now, config, digest } = this.parts;
    const state = config();
    const text = JSON.stringify(state);
    const batch: Batch = { t: "batch", epoch: outbox.epoch, firstSeq, items, at: now() };
    if (items.length === 0 && !outbox.hasUnsent && outbox.inFlight === 0) {
      const own = digest();
      if (own !== undefined) batch.digest = own;
    }
    if (text !== this.toldConfig) batch.config = state;
    this.toldConfig = text;
    this.send(batch);
    this.beatLater();
  }

  private beatLater(): void {
    clearTimeout(this.beat);
    if (this.isOver) return;
    this.beat = setTimeout(() => this.sendBatch([]), this.beatMs);
  }

  /** An ack that is there already wins over a timer that is due in the same turn of a starved machine. */
  private watchFor(why: "no-welcome" | "no-acks", ms: number): void {
    clearTimeout(this.watch);
    if (this.isOver) return;
    const timer = setTimeout(() => {
      setImmediate(() => this.watch === timer && this.finish({ why, detail: `for ${ms} ms` }));
    }, ms);
    this.watch = timer;
  }

  private finish(end: End): void {
    if (this.isOver) return;
    this.stop();
    this.end(end);
  }
}
