// People's work on incidents, in the words that console and screen share: classification and legal clocks, tasks, comments,
// evidence, silences. Times are ms since 1970 by the console's clock unless said otherwise.
import type { Bilingual } from "./registry.ts";

/** What the law or a plan wants to be told by when; `metAt` and who once it was. */
export interface Clock {
  /** `<pack>/<rule>`. */
  id: string;
  title: Bilingual;
  source: string;
  /** How sure the source is: V read in a primary text, S in press or a third-party copy. */
  mark: "V" | "S";
  startAt: number;
  dueAt: number;
  metAt?: number;
  metBy?: string;
}

/** What sort of incident it is in law: proposed by a rule pack, confirmed or corrected by a person. */
export interface Classification {
  /** `malware`, `intrusion`, …: an id of the rule pack. */
  nature: string;
  /** `serious`, `personal-data`, …: each brings its clocks. */
  grades: string[];
  by: string;
  confirmed: boolean;
  /** The pack's own words for a proposal, the person's for a correction. */
  reason: string;
  at: number;
}

/** The sum of the work on one incident, as the list and the head of the detail show it. */
export interface Casework {
  classification: Classification;
  clocks: Clock[];
  tasks: { done: number; total: number };
  comments: number;
  evidence: number;
  /** The silence that keeps it from alerting now. */
  silencedBy?: string;
}
