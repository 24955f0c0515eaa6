/** `history --prune`: shows what would go, asks, and has it go for good on every node. */
import { ConcurError } from '../../protocol/errors.ts'
import type { PrunedPath } from '../../protocol/history-messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { pruneDocument, pruneLine } from '../words/history-lines.ts'
import { jsonText } from '../words/printable.ts'
import { counted, sizeText } from '../words/quantities.ts'
import { tellable } from '../words/tellable.ts'
import { reasonOf } from '../words/version-words.ts'
import { confirm } from './confirm.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readFolder } from './path-argument.ts'
import { printLines, printVerdict, reportFailure } from './report.ts'

export interface PruneOptions {
  /** Milliseconds; null: however old. */
  readonly older: number | null
  /** Nobody is asked. */
  readonly yes: boolean
}

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function prune(
  context: CommandContext,
  typed: string,
  options: PruneOptions,
): Promise<ExitStatus> {
  const { readLine } = context
  if (!options.yes && (readLine === null || context.json))
    throw new ConcurError('USAGE', '--prune asks at a terminal; elsewhere, and with --json, it needs --yes')
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const subject = folder.path === wholeTree ? null : folder.path
  try {
    const olderMs = options.older ?? 0
    const shown = new Shown(context)
    const told = await ask(context, { path: folder.path, olderMs, seqMax: null }, shown)
    if (shown.files === 0) {
      if (!context.json) await printVerdict(context, ['nothing that may go is in history'])
      return await endWith(context, subject, told.unreachable)
    }
    if (!options.yes && !(await confirm(context, readLine!, shown.question))) {
      await printVerdict(context, ['nothing was pruned'])
      return 2
    }
    const gone = new Gone(context)
    const { unreachable } = await ask(context, { path: folder.path, olderMs, seqMax: told.seqMax }, gone)
    if (!context.json) await printVerdict(context, [gone.sentence])
    return await endWith(context, subject, unreachable)
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), subject)
    return 2
  }
}

type Client = CommandContext['client']
type Receiver = Parameters<Client['prune']>[1]

async function ask(
  context: CommandContext,
  request: Parameters<Client['prune']>[0],
  receiver: Receiver,
): ReturnType<Client['prune']> {
  const work = context.progress.begin(request.path === wholeTree ? '/' : request.path)
  try {
    return await context.client.prune(request, receiver)
  } finally {
    work.end()
  }
}

class Count {
  files = 0
  bytes = 0
  left = 0
  private readonly nodes = new Set<string>()

  add(paths: readonly PrunedPath[]): void {
    for (const { objects, bytes, left, nodes } of paths) {
      this.files += objects
      this.bytes += bytes
      this.left += left
      for (const node of nodes) this.nodes.add(node)
    }
  }

  get text(): string {
    return `${counted(this.files, 'file')}, ${sizeText(this.bytes)}`
  }

  get where(): string {
    return [...this.nodes].join(', ')
  }
}

/** What would go, a line a path. */
class Shown extends Count implements Receiver {
  private readonly context: CommandContext

  constructor(context: CommandContext) {
    super()
    this.context = context
  }

  async onRows(paths: readonly PrunedPath[]): Promise<void> {
    this.add(paths)
    if (!this.context.json) await printLines(this.context, paths.map(pruneLine), this.context.out)
  }

  get question(): string {
    return `${this.text} on ${this.where}: nothing brings them back afterwards. Prune them?`
  }
}

/** What went. In JSON it is this that is told. */
class Gone extends Count implements Receiver {
  private readonly context: CommandContext

  constructor(context: CommandContext) {
    super()
    this.context = context
  }

  async onRows(paths: readonly PrunedPath[]): Promise<void> {
    this.add(paths)
    const { json, out } = this.context
    if (json)
      await printLines(
        this.context,
        paths.map(one => jsonText(pruneDocument(one))),
        out,
      )
  }

  get sentence(): string {
    const left =
      this.left === 0 ? '' : `; left for now, changed while in history: ${counted(this.left, 'file')}`
    return `pruned ${this.text}${left}`
  }
}

async function endWith(
  context: CommandContext,
  subject: string | null,
  unreachable: Parameters<typeof reasonOf>[1],
): Promise<ExitStatus> {
  if (unreachable.length === 0) return 0
  const said = unreachable.map(({ node }) => `${node} ${reasonOf(node, unreachable, 'did not answer')}`)
  await reportFailure(context, { code: 'UNREACHABLE', message: said.join('; ') }, subject)
  return 2
}
