// Rows → the text of a CSV file that a spreadsheet opens as it is: RFC 4180, with the byte order mark by which it knows UTF-8. A cell
// that a spreadsheet would take for a formula is quoted as text. Pure.

export const csvText = (
  header: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string => `\ufeff${[header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

function cell(value: string | number | undefined): string {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
