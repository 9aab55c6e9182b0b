// One broken rule, before its line is known.
import type { Path } from "./locate.ts";
import type { Problem } from "./problem.ts";

export interface Broken extends Pick<Problem, "code" | "wrong" | "right"> {
  at: Path;
}
