// What stands on the screen of whoever is told something, in the words of their language.
import type { Intent } from "./casework.ts";
import type { Severity } from "./severity.ts";

export interface Notice {
  id: string;
  at: number;
  kind: Intent["kind"] | "test";
  /** Absent where it is about no incident. */
  incident?: string;
  severity?: Severity;
  subject: string;
  summary: string;
  /** It may ring: urgent, or outside quiet hours. */
  sound: boolean;
  seen: boolean;
}
