// Finding names as people type them: without marks, in any case. Pure.

/** Lower case, without Vietnamese marks: "Xã Đất Mũi" → "xa dat mui". */
export const fold = (s: string): string =>
  s.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();

/** True when one of the `names` has, for every word of `query`, a word that begins so. An empty query matches everything. */
export function matches(query: string, names: readonly string[]): boolean {
  const wanted = fold(query).split(" ");
  return names.some((name) => {
    const words = fold(name).split(/[^\p{L}\p{N}]+/u);
    return wanted.every((w) => words.some((word) => word.startsWith(w)));
  });
}
