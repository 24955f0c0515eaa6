/** Rows that come in small pieces, or in large ones, in pages that fit into frames. */
import { pageBytesAim } from './limits.ts'

/** Rows of one page, at the most. */
const rowsMax = 1000

/** @param bytesOf a row's bytes, or a little more. */
export async function* inPages<Row>(
  pieces: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  bytesOf: (row: Row) => number,
): AsyncGenerator<readonly Row[]> {
  let page: Row[] = []
  let bytes = 0
  for await (const piece of pieces) {
    for (const row of piece) {
      page.push(row)
      bytes += bytesOf(row)
      if (bytes < pageBytesAim && page.length < rowsMax) continue
      yield page
      page = []
      bytes = 0
    }
  }
  if (page.length > 0) yield page
}
