// From a path within the value to the line on which a person wrote it.
import { type Document, isCollection, isMap, isNode, isScalar, type LineCounter, type Node } from "yaml";
import { pathText } from "./problem.ts";

export type Path = readonly (string | number)[];
/** `file` only where it is not the main file. */
export type LineOf = (path: Path) => { file?: string; line: number; path: string };

/** A path that does not exist (a missing key) has the line of the nearest thing above it that does. */
export function locator(document: Document, lines: LineCounter): LineOf {
  return (path) => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? node.range?.[0] : undefined;
    for (const step of path) {
      if (!isCollection(node)) break;
      const key = isMap(node) ? node.items.find((i) => isScalar(i.key) && i.key.value === step)?.key : undefined;
      node = node.get(step, true);
      const at = (isNode(key) ? key : (node as Node | undefined))?.range?.[0];
      if (at === undefined) break;
      offset = at;
    }
    return { line: offset === undefined ? 1 : lines.linePos(offset).line, path: pathText(path) };
  };
}
