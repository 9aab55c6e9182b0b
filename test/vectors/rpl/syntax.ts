/**
 * What a .rpl scenario says, once read: the format of Unbound's testbound (testcode/testpkts.h, replay.h) and of its
 * descendant Deckard (doc/scenario_guide.rst). Types only, and the one way to say "this runner does not know that".
 */
import type { ResourceRecord } from "../../../agent/wire/dns/index.ts";
import type { TextQuestion } from "../../../agent/wire/dns/text/record.ts";

/** Thrown for what the runner does not do: the scenario is skipped by this reason, never silently run without it. */
export class Skip extends Error {
  override readonly name = "Skip";
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

export type SectionName = "question" | "answer" | "authority" | "additional";

/** One scripted message. A section is undefined when the entry does not name it. */
export interface Packet {
  readonly question: readonly TextQuestion[] | undefined;
  readonly answer: readonly ResourceRecord[] | undefined;
  readonly authority: readonly ResourceRecord[] | undefined;
  readonly additional: readonly ResourceRecord[] | undefined;
  /** The whole message in octets, in place of the sections. */
  readonly raw: Uint8Array | undefined;
}

export interface Entry {
  readonly line: number;
  readonly match: readonly string[];
  readonly adjust: readonly string[];
  /** Words of REPLY: opcode, rcode, flags. */
  readonly reply: readonly string[];
  readonly packet: Packet;
  /** Deckard's MANDATORY: the scenario fails when no query ever met this entry. */
  readonly mandatory: boolean;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Empty: any address. */
  readonly addresses: readonly string[];
  readonly entries: readonly Entry[];
}

export type StepType =
  | "NOTHING"
  | "QUERY"
  | "CHECK_ANSWER"
  | "CHECK_OUT_QUERY"
  | "REPLY"
  | "TIMEOUT"
  | "ERROR"
  | "TIME_PASSES"
  | "TRAFFIC";

export interface ScenarioStep {
  readonly id: number;
  readonly line: number;
  readonly type: StepType;
  readonly address: string | undefined;
  readonly elapseSeconds: number;
  readonly entry: Entry | undefined;
}

/** A configuration line: the clause that it stands in (`server`, `stub-zone`, …; empty in Deckard's flat form). */
export interface Option {
  readonly clause: string;
  /** Counts clauses: two stub-zones are two. */
  readonly clauseIndex: number;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export interface Scenario {
  readonly title: string;
  readonly options: readonly Option[];
  readonly ranges: readonly Range[];
  readonly steps: readonly ScenarioStep[];
}
