/** `resolve --all`: every copy of everything that is not the same everywhere becomes the one of a node. */
import picomatch from 'picomatch'
import type { NodeName } from '../../protocol/ids.ts'
import type { Row } from '../../protocol/messages.ts'
import { type FilePath, wholeTree } from '../../protocol/path.ts'
import type { Wish } from '../sending/wish.ts'
import { noProgress } from '../terminal/progress.ts'
import { jsonText, printable } from '../words/printable.ts'
import { counted, sizeText } from '../words/quantities.ts'
import { differenceLine } from '../words/row-lines.ts'
import { AtOnce } from './at-once.ts'
import { ChangeCount } from './change-count.ts'
import { type CommandContext, type ExitStatus, worse } from './context.ts'
import { foldersHolding } from './folders-holding.ts'
import { reportChange, sendChange, type WantedChange } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { filesAtOnceMax } from './put-file.ts'
import { printLines, printVerdict } from './report.ts'
import { wantedCopy } from './wanted-copy.ts'

export interface AllResolving {
  /** Null: everything. */
  readonly pattern: string | null
  readonly node: NodeName
  /** Only says what would be done. */
  readonly isDry: boolean
  readonly conditions: Omit<Wish, 'what'>
}

/** What is to be done with a row: `size` bytes become everybody's. */
interface Planned {
  readonly row: Row
  readonly size: number
  readonly change: WantedChange
}

/** @throws NoServerError, after what was done is told; ReaderGoneError. */
export function resolveAll(context: CommandContext, request: AllResolving): Promise<ExitStatus> {
  return orRefuse(context, '/', async () => {
    const rows = await differingRows(context, request.pattern)
    const resolvable = rows.flatMap(row => plannedFor(row, request) ?? [])
    const known = new Set(resolvable.map(({ row }) => row))
    const left = rows.filter(row => !known.has(row))
    const holding = foldersHolding(resolvable.map(({ row }) => row.path as FilePath))
    const planned = resolvable.filter(
      ({ row }) => row.type !== 'folder' || !holding.has(row.path as FilePath),
    )
    const status = request.isDry
      ? await sayWhatWould(context, request, planned)
      : await resolveRows(context, planned)
    await sayWhatIsLeft(context, request, left)
    return left.length === 0 ? status : worse(status, 1)
  })
}

async function differingRows(context: CommandContext, pattern: string | null): Promise<Row[]> {
  const isMeant = matcher(pattern)
  const rows: Row[] = []
  const work = context.progress.begin('/')
  try {
    await context.client.verify(
      wholeTree,
      { deep: false },
      {
        onProgress: progress => work.comparing(progress),
        onRows: async page => void rows.push(...page.filter(({ path }) => isMeant(path))),
      },
    )
    return rows
  } finally {
    work.end()
  }
}

/** A pattern without a `/` is about names, wherever they are; with one at its end, about a folder. */
function matcher(pattern: string | null): (path: string) => boolean {
  if (pattern === null) return () => true
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern
  return picomatch(whole, { dot: true, basename: !whole.includes('/') })
}

/** @returns null for what that node does not have, or nobody can make a file of. */
function plannedFor(row: Row, { node, conditions }: AllResolving): Planned | null {
  const copy = row.nodes.find(copy => copy.node === node)?.copy ?? null
  if (copy === null || copy.type === 'other' || row.escaped) return null
  const path = row.path as FilePath
  if (copy.type === 'file')
    return { row, size: copy.size, change: wantedCopy({ path, conditions }, node, { amongMany: true }) }
  const wish: Wish = { ...conditions, what: { type: 'mkdir', path, parents: true } }
  const change = { command: 'mkdir', subject: path, wish, source: null, nothingToDo: 'is there already' }
  return { row, size: 0, change }
}

async function resolveRows(context: CommandContext, planned: readonly Planned[]): Promise<ExitStatus> {
  const count = new ChangeCount(context, 'resolve')
  const work = context.progress.begin('/')
  const sending = new AtOnce(filesAtOnceMax)
  work.expect(planned.reduce((sum, { size }) => sum + size, 0))
  const progress = { begin: noProgress.begin, hide: () => context.progress.hide() }
  const quiet: CommandContext = { ...context, progress }
  try {
    for (const { change, size } of planned)
      await sending.start(async () => {
        await resolveOne(quiet, count, change)
        work.received(size)
      })
    await sending.finish()
  } finally {
    await sending.finish().catch(() => {})
    work.end()
    if (!context.json) await printVerdict(context, count.lines('/'))
  }
  return count.status
}

async function resolveOne(context: CommandContext, count: ChangeCount, change: WantedChange): Promise<void> {
  const outcome = await sendChange(context, change)
  // What is forbidden for one is for all of them.
  if ('error' in outcome && outcome.error.code === 'FORBIDDEN') throw outcome.error
  count.add(change, outcome)
  // What gives way is what was asked for.
  const isQuietlyDone = 'done' in outcome && outcome.done.error === null && outcome.done.kept.length === 0
  if (context.json || !isQuietlyDone) await reportChange(context, change, outcome)
}

async function sayWhatWould(
  context: CommandContext,
  { node }: AllResolving,
  planned: readonly Planned[],
): Promise<ExitStatus> {
  const bytes = planned.reduce((sum, { size }) => sum + size, 0)
  const lines = planned.map(({ row, size }) =>
    context.json ? jsonText({ path: row.path, keep: node, size }) : differenceLine(row, context.paintOut),
  )
  await printLines(context, lines, context.out)
  const sum = `resolve --all would make ${counted(planned.length, 'path')}, ${sizeText(bytes)}, what ${node} has`
  if (!context.json) await printVerdict(context, [sum])
  return 0
}

async function sayWhatIsLeft(
  context: CommandContext,
  { node }: AllResolving,
  left: readonly Row[],
): Promise<void> {
  if (context.json) return
  const lines = left.map(({ path }) => `left ${printable(path)}: ${node} has no file or folder there`)
  await printLines(context, lines, context.err)
}
