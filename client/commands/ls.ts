/** `ls`: what any copy holds, a row a file, with a mark that says how the copies compare. */
import { ConcurError } from '../../protocol/errors.ts'
import { isPath } from '../../protocol/listed-path.ts'
import type { Listed, Row } from '../../protocol/messages.ts'
import { type FolderPath, wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { rowDocument } from '../words/documents.ts'
import { jsonText } from '../words/printable.ts'
import { notDirectory, rowLine } from '../words/row-lines.ts'
import { tellable } from '../words/tellable.ts'
import { reasonOf } from '../words/version-words.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readFolder } from './path-argument.ts'
import { printLines, reportFailure } from './report.ts'

export interface LsOptions {
  /** Sizes, times and holders as well. */
  readonly long: boolean
  readonly recursive: boolean
  /** Only rows that are not the same everywhere. */
  readonly differing: boolean
}

/** @throws NoServerError; ReaderGoneError. */
export async function ls(context: CommandContext, typed: string, options: LsOptions): Promise<ExitStatus> {
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const listing = new ListingReport(context, folder, options)
  const work = context.progress.begin(typed === '' ? '/' : typed)
  try {
    const listed = await context.client.list(
      folder.path,
      { recursive: options.recursive, compare: true },
      { onRows: rows => listing.onRows(rows), onProgress: progress => work.comparing(progress) },
    )
    return await listing.end(listed)
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), folder.path === wholeTree ? null : folder.path)
    return 2
  } finally {
    work.end()
  }
}

class ListingReport {
  private readonly context: CommandContext
  private readonly folder: { readonly path: FolderPath; readonly meansFolder: boolean }
  private readonly options: LsOptions
  private differs = false
  private isUncompared = false

  constructor(
    context: CommandContext,
    folder: { path: FolderPath; meansFolder: boolean },
    options: LsOptions,
  ) {
    this.context = context
    this.folder = folder
    this.options = options
  }

  /** @throws ConcurError NOT_DIRECTORY when something else is listed where a folder was asked for. */
  async onRows(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      if (this.folder.meansFolder && isPath(row, this.folder.path) && row.type !== 'folder')
        throw notDirectory(row)
      this.differs ||= row.mark === '*'
      this.isUncompared ||= row.mark === '!'
    }
    const shown = this.options.differing ? rows.filter(({ mark }) => mark !== '=') : rows
    await printLines(this.context, this.linesOf(shown), this.context.out)
  }

  async end({ unreachable }: Listed): Promise<ExitStatus> {
    const { context } = this
    const said = unreachable.map(({ node }) => `${node} ${reasonOf(node, unreachable, 'did not answer')}`)
    if (context.strict && (said.length > 0 || this.isUncompared)) {
      const message = said.length > 0 ? said.join('; ') : 'a copy could not be compared'
      await reportFailure(
        context,
        { code: 'UNREACHABLE', message },
        this.folder.path === '' ? null : this.folder.path,
      )
      return 2
    }
    if (said.length > 0 && !context.json && !context.quiet)
      await printLines(context, [`not compared: ${said.join('; ')}`], context.err)
    return this.differs ? 1 : 0
  }

  private linesOf(rows: readonly Row[]): string[] {
    if (this.context.json) return rows.map(row => jsonText(rowDocument(row)))
    const wording = {
      paint: this.context.paintOut,
      nowMs: this.context.clock.nowMs(),
      long: this.options.long,
    }
    return rows.map(row => rowLine(row, wording))
  }
}
