/**
 * LIST: what any copy holds, with a mark a row. Sizes and types are compared first, then the digests that are known;
 * what is left is hashed, several files at a time, without losing the order. Clause: protocol/README.md "LIST".
 */
import { asConcurError } from '../protocol/errors.ts'
import { nodesMax, pageBytesAim } from '../protocol/limits.ts'
import type { Row } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { type Held, markOf, needDigests } from './mark.ts'
import { type MergedEntry, MergedWalk } from './merge-walks.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'

/** Rows that may be under way at once because their files are being hashed. */
const rowsAheadMax = 32

/** Rows that go into one page at the most. */
const rowsPerPageMax = 256

export function onList(nodes: readonly Node[], request: BodyOf<'LIST'>, context: RequestContext): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'ls', request.path)
  const report = reports.begin(stream)
  list(nodes, request, { stream, report })
    .then(
      () => endLine({ verdict: 'listed' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function list(
  nodes: readonly Node[],
  { path, recursive, compare }: BodyOf<'LIST'>,
  { stream, report }: { stream: Stream; report: Report },
): Promise<void> {
  const merged = new MergedWalk({ nodes, folder: path, recursive })
  const page = new RowPage(stream)
  const ahead: (Row | Promise<Row>)[] = []
  try {
    for (;;) {
      const entry = await merged.next()
      if (stream.ended) return
      if (entry !== null) ahead.push(compare ? comparedRow(nodes, entry, report) : rowOf(nodes, entry, null))
      while (
        ahead.length > 0 &&
        (entry === null || ahead.length > rowsAheadMax || !(ahead[0] instanceof Promise))
      ) {
        const next = ahead.shift()!
        if (next instanceof Promise) await page.send()
        await page.add(await next)
      }
      if (entry === null) break
    }
    await page.send()
    await stream.sendFlow('LISTED', { unreachable: merged.unreachable() }, true)
  } finally {
    await merged.close()
  }
}

function comparedRow(nodes: readonly Node[], entry: MergedEntry, report: Report): Row | Promise<Row> {
  if (!needDigests(entry.held) || entry.held.every(isKnown)) return markedRow(nodes, entry)
  return hashUnknown(nodes, entry, report).then(hashed => markedRow(nodes, hashed))
}

function isKnown(held: Held): boolean {
  return held === null || held === 'not compared' || held.digest !== null
}

async function hashUnknown(nodes: readonly Node[], entry: MergedEntry, report: Report): Promise<MergedEntry> {
  if (entry.escaped) return entry
  const { path, held } = entry
  const onProgressOf = (node: Node) => (bytesDone: number, bytesTotal: number) =>
    report.update({ node: node.name, bytesDone, bytesTotal })
  const hashed = await Promise.all(
    held.map(async (one, place): Promise<Held> => {
      if (isKnown(one)) return one
      const node = nodes[place]!
      const { copy } = await node.look(path, { deep: false, onProgress: onProgressOf(node) })
      if (copy === null || copy.is === 'unreadable') return 'not compared'
      if (copy.is === 'absent') return null
      if (copy.is !== 'file') return { type: copy.is, digest: null, size: 0, mtimeMs: 0 }
      return { type: 'file', digest: copy.digest, size: copy.size, mtimeMs: copy.mtimeMs }
    }),
  )
  return { ...entry, held: hashed }
}

function markedRow(nodes: readonly Node[], entry: MergedEntry): Row {
  return rowOf(nodes, entry, markOf(entry.held))
}

/** Size, type and digest of a row are the first holder's; the digest only where no copy deviates from it. */
function rowOf(nodes: readonly Node[], { held, ...listed }: MergedEntry, mark: Row['mark']): Row {
  const copies = held.map(one => (one === 'not compared' ? null : one))
  const first = copies.find(copy => copy !== null)
  return {
    ...listed,
    type: first?.type ?? 'file',
    mark,
    size: first?.size ?? 0,
    digest: mark === '*' ? null : (first?.digest ?? null),
    nodes: nodes.map((node, place) => ({ node: node.name, copy: copies[place]! })),
  }
}

/** Rows on their way to the client, gathered into pages. */
class RowPage {
  private readonly stream: Stream
  private rows: Row[] = []
  private bytes = 0

  constructor(stream: Stream) {
    this.stream = stream
  }

  async add(row: Row): Promise<void> {
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
