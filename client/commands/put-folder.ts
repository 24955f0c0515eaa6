/** `put -r`: a folder, a change for each file, several at once, and one line in the end. */
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { type Found, walkFolder } from '../sending/folder-walk.ts'
import type { Wish } from '../sending/wish.ts'
import { partsOf, type Work } from '../terminal/progress.ts'
import { printable } from '../words/printable.ts'
import { AtOnce } from './at-once.ts'
import { ChangeCount } from './change-count.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import {
  type ChangeOutcome,
  reportOneOfMany,
  reportRefusal,
  sendChange,
  type WantedChange,
} from './make-change.ts'
import { filesAtOnceMax, puttableFile, wantedPut } from './put-file.ts'
import { printLines, printVerdict } from './report.ts'

export interface FolderPut {
  readonly local: Buffer
  /** The folder here, as typed. */
  readonly shown: string
  readonly path: FilePath
  readonly conditions: Omit<Wish, 'what'>
}

/** @throws NoServerError, after what was done is told; ReaderGoneError. */
export async function putFolder(context: CommandContext, request: FolderPut): Promise<ExitStatus> {
  const push = new FolderPush(context, request)
  try {
    await push.run()
  } finally {
    await push.report()
  }
  return push.count.status
}

class FolderPush {
  readonly count: ChangeCount
  /** Progress is that of the folder, not of each file. */
  private readonly context: CommandContext
  private readonly work: Work
  private readonly request: FolderPut
  private readonly sending = new AtOnce(filesAtOnceMax)

  constructor(context: CommandContext, request: FolderPut) {
    this.work = context.progress.begin(request.path)
    this.context = { ...context, progress: partsOf(this.work, context.progress) }
    this.request = request
    this.count = new ChangeCount(context, 'put')
  }

  async run(): Promise<void> {
    try {
      for (const found of walkFolder(this.request.local, this.request.shown)) await this.take(found)
      await this.sending.finish()
    } finally {
      await this.sending.finish().catch(() => {})
      this.work.end()
    }
  }

  async report(): Promise<void> {
    if (!this.context.json) await printVerdict(this.context, this.count.lines(this.request.path))
  }

  private async take(found: Found): Promise<void> {
    if (found.is === 'other') return this.skip(found)
    const path = this.pathOf(found.relative)
    if (path instanceof ConcurError) return this.refuse(found, path)
    if (found.is === 'unreadable') return this.refuse(found, found.error)
    if (found.is === 'empty') return this.start(this.wantedFolder(path))
    const shown = `${this.request.shown.replace(/\/$/, '')}/${found.relative}`
    const file = puttableFile(found.local, { shown, stats: found.stats, followsLink: false })
    return this.start(wantedPut(file, path, this.request.conditions))
  }

  private start(wanted: WantedChange): Promise<void> {
    return this.sending.start(async () => this.note(wanted, await sendChange(this.context, wanted)))
  }

  /** It may be there: that is what was wanted. */
  private wantedFolder(path: FilePath): WantedChange {
    const { ack = null, fence = null } = this.request.conditions
    const wish = { ack, fence, what: { type: 'mkdir', path, parents: true } } as const
    return { command: 'mkdir', subject: path, wish, source: null, nothingToDo: 'is there already' }
  }

  private async note(wanted: WantedChange, outcome: ChangeOutcome): Promise<void> {
    this.count.add(wanted, outcome)
    await reportOneOfMany(this.context, wanted, outcome)
  }

  private async refuse({ relative }: Found, error: ConcurError): Promise<void> {
    this.count.fail()
    const { path } = this.request
    await reportRefusal(this.context, relative === '' ? path : `${path}/${relative}`, error)
  }

  private async skip({ relative, what }: Extract<Found, { is: 'other' }>): Promise<void> {
    this.count.skipped++
    if (this.context.json || this.context.quiet) return
    const line = `skipped ${printable(this.request.shown.replace(/\/$/, ''))}/${printable(relative)}: ${what}`
    await printLines(this.context, [line], this.context.err)
  }

  private pathOf(relative: string): FilePath | ConcurError {
    if (relative === '') return this.request.path
    try {
      return parsePath(`${this.request.path}/${relative}`)
    } catch (error) {
      return asConcurError(error)
    }
  }
}
