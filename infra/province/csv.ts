// RFC 4180 text → records, as spreadsheets write it: with a byte order mark or without, lines ended by LF or CRLF, cells apart by
// comma, semicolon or tab (whichever comes first in the header). Pure; one pass, so the cost is that of the text's length.

export interface CsvRecord {
  /** 1-based line on which the record begins: a quoted cell may go over several. */
  line: number;
  cells: string[];
}

/** A quote where none may stand, or one that nothing ends: what is read after it would be guesswork. */
export interface CsvFault {
  line: number;
  wrong: string;
}

/** Records of a text, without empty lines; what is wrong with its quotes, once. */
export function readCsv(text: string): { records: CsvRecord[]; fault?: CsvFault } {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const separator = /[,;\t]/.exec(source.split("\n", 1)[0] ?? "")?.[0] ?? ",";
  const records: CsvRecord[] = [];
  let [at, line] = [0, 1];
  while (at < source.length) {
    const record: CsvRecord = { line, cells: [] };
    for (;;) {
      const cell = source[at] === '"' ? quoted() : plain();
      if (cell === undefined) return { records, fault: { line, wrong: "a quote that nothing ends" } };
      record.cells.push(cell);
      if (source[at] !== separator) break;
      at++;
    }
    if (source[at] === "\r") at++;
    if (at < source.length && source[at] !== "\n")
      return { records, fault: { line, wrong: "text behind a quoted cell" } };
    at++;
    line++;
    if (record.cells.some((c) => c.trim() !== "")) records.push(record);
  }
  return { records };

  function plain(): string {
    const from = at;
    while (at < source.length && source[at] !== separator && source[at] !== "\n") at++;
    const end = source[at - 1] === "\r" && source[at] !== separator ? at - 1 : at;
    return source.slice(from, Math.max(from, end));
  }

  function quoted(): string | undefined {
    let cell = "";
    for (at++; at < source.length; at++) {
      if (source[at] === "\n") line++;
      if (source[at] !== '"') cell += source[at];
      else if (source[at + 1] === '"') cell += source[at++];
      else {
        at++;
        return cell;
      }
    }
    return undefined;
  }
}
