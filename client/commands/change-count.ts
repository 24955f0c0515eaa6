/** What came of the changes of a folder that was put or restored, in numbers: its exit status, its line, and how to undo it. */
import type { Detail } from '../../protocol/messages.ts'
import { copiesText } from '../words/change-lines.ts'
import { printable } from '../words/printable.ts'
import { counted, sizeText } from '../words/quantities.ts'
import { restoreLine } from '../words/undo.ts'
import { type CommandContext, type ExitStatus, worse } from './context.ts'
import { type ChangeOutcome, statusOf, type WantedChange } from './make-change.ts'

type Applied = Parameters<typeof copiesText>[0]

export class ChangeCount {
  /** The worst of all. */
  status: ExitStatus = 0
  /** What is neither file nor folder. */
  skipped = 0
  private readonly context: CommandContext
  private readonly command: string
  private files = 0
  private bytes = 0
  private folders = 0
  private deleted = 0
  private failed = 0
  private seqs: { first: number; last: number } | null = null
  /** Of the change that the fewest nodes have. */
  private fewest: Applied | null = null
  private readonly behind = new Map<string, Detail>()

  constructor(context: CommandContext, command: string) {
    this.context = context
    this.command = command
  }

  add({ wish }: WantedChange, outcome: ChangeOutcome): void {
    if ('error' in outcome || outcome.done.error !== null) return this.fail()
    const { done } = outcome
    this.status = worse(this.status, statusOf(this.context, done))
    if (wish.what.type === 'mkdir') this.folders++
    else if (wish.what.type === 'delete') this.deleted++
    else {
      this.files++
      this.bytes += done.size
    }
    if (done.op === null) return
    const { seq } = done.op
    this.seqs = { first: Math.min(this.seqs?.first ?? seq, seq), last: Math.max(this.seqs?.last ?? seq, seq) }
    for (const detail of done.behind) this.behind.set(detail.node, detail)
    if (this.fewest === null || done.applied.length < this.fewest.applied.length) this.fewest = done
  }

  fail(): void {
    this.failed++
    this.status = 2
  }

  /** @returns the line, and how all of it is undone. */
  lines(path: string): string[] {
    const undo = this.seqs === null ? [] : [`undo: ${restoreLine(path, this.seqs.first)}`]
    return [this.line(path), ...undo]
  }

  line(path: string): string {
    const parts = [
      `${this.command} ${printable(path.replace(/\/$/, ''))}/`,
      counted(this.files, 'file'),
      sizeText(this.bytes),
    ]
    if (this.folders > 0) parts.push(counted(this.folders, 'empty folder'))
    if (this.deleted > 0) parts.push(`${this.deleted} deleted`)
    if (this.seqs !== null) parts.push(seqText(this.seqs))
    if (this.failed > 0) parts.push(this.context.paintOut('bad', `${this.failed} failed`))
    if (this.skipped > 0) parts.push(`${this.skipped} skipped`)
    if (this.fewest !== null) {
      const behind = [...this.behind.values()]
      parts.push(copiesText({ ...this.fewest, behind }, this.context.paintOut))
    }
    return parts.join('  ')
  }
}

function seqText({ first, last }: { first: number; last: number }): string {
  return first === last ? `seq ${first}` : `seq ${first} to ${last}`
}
