/** Rows as columns of equal width, two blanks between them; numbers (by the first row) stand right. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const isNumber = header.map((_, column) => /^[\d.]+$/.test(rows[0]?.[column] ?? ''));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
