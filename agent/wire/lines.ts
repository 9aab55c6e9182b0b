// Cuts a stream of bytes into lines: what is not whole waits, what is longer than the bound is thrown away up to its end.
// Pure, and knows how many bytes the whole lines took, so that a reader can say where to go on after a restart.

export const MAX_LINE = 8_192;

export interface LineCutter {
  /** Whole lines in `chunk` and what waited before it, without their ends (\n or \r\n), as UTF-8 with U+FFFD for the rest. */
  push(chunk: Uint8Array): string[];
  /** Bytes pushed that do not yet end in a line. */
  pending(): number;
}

export function makeLineCutter(): LineCutter {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let pending = 0;
  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        keep(chunk.subarray(start, end));
        if (keptBytes <= MAX_LINE) lines.push(text(kept, keptBytes));
        kept = [];
        keptBytes = 0;
        pending = 0;
        start = end + 1;
      }
      keep(chunk.subarray(start));
      return lines;
    },
    pending: () => pending,
  };

  function keep(part: Uint8Array) {
    pending += part.length;
    // One byte beyond the bound is enough to know that the line is too long.
    const fits = part.subarray(0, Math.max(MAX_LINE + 1 - keptBytes, 0));
    // A copy: the caller reads the next part into the same buffer, and slice() of a Buffer would be a view of it.
    if (fits.length > 0) kept.push(Uint8Array.from(fits));
    keptBytes += fits.length;
  }
}

function text(parts: readonly Uint8Array[], bytes: number): string {
  const line = parts.length === 1 ? Buffer.from(parts[0]!) : Buffer.concat(parts, bytes);
  return line.toString("utf8").replace(/\r$/, "");
}
