// What the gateway asks of the stages behind it. The pipeline gives it; the gateway knows no store and no correlator.
import type { ConfigState, Item, RefusalCode } from "../../protocol/index.ts";

export interface Delivery {
  agent: string;
  epoch: number;
  firstSeq: number;
  items: Item[];
  digest?: string | undefined;
  /** The frame that brought them, as it was received: UTF-8 JSON. */
  frame?: Uint8Array;
}

export interface LostRange {
  agent: string;
  epoch: number;
  from: number;
  to: number;
  reason: string;
}

/** Resolves after the commit: `seq` is the last that is durable, `full` asks for whole reports. */
export type Taken =
  | { ok: true; seq: number; full: boolean }
  | { ok: false; code: RefusalCode; detail: string; retryAfterMs?: number };

export interface Sink {
  knowsAgent(agent: string): boolean;
  lastSeq(agent: string, epoch: number): number;
  /** A valid frame arrived: the agent lives. */
  heard(agent: string): void;
  /** How the agent stands with its assignment. */
  configured(agent: string, config: ConfigState): void;
  /** More waits than is good: agents are to be read more slowly. */
  pressed(): boolean;
  deliver(delivery: Delivery): Promise<Taken>;
  lost(range: LostRange): Promise<Taken>;
}
