// One broken rule, before its line is known.
import type { Path } from "./locate.ts";
import type { Problem } from "./problem.ts";

export interface Broken extends Pick<Problem, "code" | "right"> {
  at: Path;
  /** A function where it speaks of another place, which only the locator can name. */
  wrong: string | ((where: (path: Path) => string) => string);
}
