/** Rows on their way to the client: made ahead, several at a time, sent in their order, gathered into pages. */
import { nodesMax, pageBytesAim } from '../protocol/limits.ts'
import type { Row } from '../protocol/messages.ts'
import type { Stream } from '../protocol/stream.ts'
import type { MergedEntry, MergedWalk } from './merge-walks.ts'

/** Rows that may be under way at once because nodes are asked for them. */
const rowsAheadMax = 32

/** Rows that go into one page at the most. */
const rowsPerPageMax = 256

/** What comes of an entry; null: nothing that the client is told. */
export type RowOf = (entry: MergedEntry) => Row | null | Promise<Row | null>

/** Sends a row for each entry of the walk, until its end or the stream's. */
export async function sendRows(stream: Stream, walk: MergedWalk, rowOf: RowOf): Promise<void> {
  const page = new RowPage(stream)
  const ahead: ReturnType<RowOf>[] = []
  for (;;) {
    const entry = await walk.next()
    if (stream.ended) return
    if (entry !== null) ahead.push(rowOf(entry))
    while (
      ahead.length > 0 &&
      (entry === null || ahead.length > rowsAheadMax || !(ahead[0] instanceof Promise))
    ) {
      const next = ahead.shift() as ReturnType<RowOf>
      if (next instanceof Promise) await page.send()
      await page.add(await next)
    }
    if (entry === null) break
  }
  await page.send()
}

class RowPage {
  private readonly stream: Stream
  private rows: Row[] = []
  private bytes = 0

  constructor(stream: Stream) {
    this.stream = stream
  }

  async add(row: Row | null): Promise<void> {
    if (row === null) return
    this.rows.push(row)
    this.bytes += Buffer.byteLength(row.path) + row.nodes.length * (4096 / nodesMax)
    if (this.rows.length >= rowsPerPageMax || this.bytes >= pageBytesAim) await this.send()
  }

  async send(): Promise<void> {
    if (this.rows.length === 0) return
    const rows = this.rows
    this.rows = []
    this.bytes = 0
    await this.stream.sendFlow('ROWS', { rows })
  }
}
