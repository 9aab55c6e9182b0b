// Finding names as people type them: without marks, in any case. Pure.

/** Lower case, without Vietnamese marks: "Xã Đất Mũi" → "xa dat mui". */
export const fold = (s: string): string =>
  s.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();

/** True when every word of `query` stands in one of the `names`. An empty query matches everything. */
export function matches(query: string, names: readonly string[]): boolean {
  const hay = names.map(fold).join("\n");
  return fold(query)
    .split(" ")
    .every((word) => hay.includes(word));
}
