/** `get -r`: a folder, each file of it verified and saved as `get` does, several at once, and one line in the end. */
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Listed, Row } from '../../protocol/messages.ts'
import { type FilePath, lastPart } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { FileDestination } from '../saving/destination.ts'
import { FolderTree } from '../saving/folder-tree.ts'
import { type Placement, placeFor } from '../saving/placement.ts'
import { findPlainTarget } from '../saving/target.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { partsOf, type Work } from '../terminal/progress.ts'
import { printable } from '../words/printable.ts'
import { tellable } from '../words/tellable.ts'
import { reasonOf } from '../words/version-words.ts'
import { AtOnce } from './at-once.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { FolderCount } from './folder-count.ts'
import { getFile } from './get-file.ts'
import type { PathArgument } from './path-argument.ts'
import { printLines, printVerdict, reportRead } from './report.ts'
import { exitStatusOf, type Outcome, readVerified, refusedOutcome } from './verified-read.ts'

/** Files that are read at once. */
const filesAtOnceMax = 16

export interface FolderRequest {
  readonly path: PathArgument
  readonly placement: Placement
  readonly options: { readonly from: NodeName | null; readonly deep: boolean }
}

/** @throws NoServerError; ReaderGoneError. */
export async function getFolder(context: CommandContext, request: FolderRequest): Promise<ExitStatus> {
  const { path, placement } = request
  if (placement.is === 'stdout') throw new Error('a folder does not go to standard output')
  const pull = new FolderPull(context, request, new FolderTree(placeFor(placement, lastPart(path.path))))
  try {
    const listed = await pull.run()
    if (listed === 'a file') return await getFile(context, path, placement, request.options)
    return await pull.report(listed)
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportRead(context, refusedOutcome(path.path, tellable(error)), { toStderr: false, settles: false })
    return 2
  }
}

class FolderPull {
  /** Progress is that of the folder, not of each file. */
  private readonly context: CommandContext
  private readonly work: Work
  private readonly request: FolderRequest
  private readonly tree: FolderTree
  private readonly reads = new AtOnce(filesAtOnceMax)
  private readonly count = new FolderCount()
  private isFile = false

  constructor(context: CommandContext, request: FolderRequest, tree: FolderTree) {
    this.work = context.progress.begin(request.path.path)
    this.context = { ...context, progress: partsOf(this.work, context.progress) }
    this.request = request
    this.tree = tree
  }

  /** @throws ConcurError when the folder cannot be listed. */
  async run(): Promise<Listed | 'a file'> {
    const { path } = this.request.path
    try {
      const listed = await this.context.client.list(
        path,
        { recursive: true, compare: false },
        { onRows: rows => this.onRows(rows), onProgress: progress => this.work.comparing(progress) },
      )
      await this.reads.finish()
      if (this.isFile) return 'a file'
      this.tree.makeRoot()
      return listed
    } finally {
      await this.reads.finish().catch(() => {})
      this.work.end()
    }
  }

  async report({ unreachable }: Listed): Promise<ExitStatus> {
    const { context, count } = this
    const said = unreachable.map(({ node }) => `${node} ${reasonOf(node, unreachable, 'did not answer')}`)
    if (context.strict && said.length > 0 && count.status < 2) {
      const error = new ConcurError('UNREACHABLE', said.join('; '))
      await reportRead(context, refusedOutcome(this.request.path.path, error), {
        toStderr: false,
        settles: false,
      })
      return 2
    }
    if (!context.json) await printVerdict(context, [count.line(this.tree.shown, said)])
    return count.status
  }

  /** The next page is asked for when every row of this one is under way. */
  private async onRows(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      if (row.escaped) await this.skip(row)
      else if (row.path === this.request.path.path) this.isFile = true
      else if (this.isHeld(row)) await this.take(row, row.path, relativeTo(this.request.path.path, row.path))
    }
  }

  /** With `--from`, what that node does not hold is no part of what was asked for. */
  private isHeld({ nodes }: Row): boolean {
    const { from } = this.request.options
    const copy = nodes.find(({ node }) => node === from)
    return from === null || copy === undefined || copy.copy !== null
  }

  private async take(row: Row, path: FilePath, relative: string): Promise<void> {
    const types = new Set(row.nodes.map(({ copy }) => copy?.type))
    if (types.has('file')) return this.reads.start(() => this.read(path, relative))
    if (!types.has('folder')) return this.skip(row)
    try {
      this.tree.makeFolder(relative)
    } catch (error) {
      await this.note(refusedOutcome(path, tellable(error)))
    }
  }

  private async read(path: FilePath, relative: string): Promise<void> {
    try {
      const place = this.tree.placeOfFile(relative)
      const destination = new FileDestination({
        place,
        temporaries: this.context.temporaries,
        find: findPlainTarget,
      })
      const wanted = { path: { path, meansFolder: false, typed: path }, ...this.request.options, destination }
      await this.note(await readVerified(this.context, wanted))
    } catch (error) {
      if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
      await this.note(refusedOutcome(path, tellable(error)))
    }
  }

  /** What all copies agree on is not worth a line to a person, in a folder of many. */
  private async note(outcome: Outcome): Promise<void> {
    this.count.add(outcome)
    if (this.context.json || exitStatusOf(outcome) > 0)
      await reportRead(this.context, outcome, { toStderr: false, settles: false })
  }

  private async skip({ path }: Row): Promise<void> {
    this.count.skipped++
    if (this.context.json || this.context.quiet) return
    await printLines(this.context, [`skipped ${printable(path)}: not a file`], this.context.err)
  }
}

/** @throws ConcurError BAD_FRAME when the server lists what was not asked for. */
function relativeTo(folder: FilePath, path: FilePath): string {
  if (path.startsWith(`${folder}/`)) return path.slice(folder.length + 1)
  throw new ConcurError('BAD_FRAME', `the server lists ${printable(path)}, which is not in the folder`)
}
