/** Columns of plain text, for words of one cell a character. */

const between = '  '

/** @returns the cells padded to the width of their column; columns that are empty throughout are left out. */
export function padColumns(rows: readonly (readonly string[])[]): string[][] {
  const widths: number[] = []
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows.map(row => row.flatMap((cell, at) => (widths[at] === 0 ? [] : [cell.padEnd(widths[at]!)])))
}

/** @returns the rows as lines, two spaces between the columns and none at the end. */
export function inColumns(rows: readonly (readonly string[])[]): string[] {
  return padColumns(rows).map(joinCells)
}

export function joinCells(cells: readonly string[]): string {
  return cells.join(between).trimEnd()
}
