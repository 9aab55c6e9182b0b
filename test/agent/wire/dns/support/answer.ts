// A server's answer to a query in octets, for tests of what lies between a run and the world.

/** The query as an authority's answer without records: QR and AA set, OPT taken off. */
export function answerTo(query: Uint8Array): Uint8Array {
  let end = 12;
  while (query[end] !== 0) end += 1 + query[end]!;
  const answer = Uint8Array.from(query.subarray(0, end + 5));
  answer[2]! |= 0x84;
  answer.set([0, 0, 0, 0, 0, 0], 6);
  return answer;
}
