/** `restore` of a folder: a change for each thing that is otherwise now, several at once, and one line in the end. */
import type { PastEntry } from '../../protocol/past-messages.ts'
import { type FilePath, type FolderPath, isWithin, wholeTree } from '../../protocol/path.ts'
import type { Past } from '../reading/ask-past.ts'
import type { Wish } from '../sending/wish.ts'
import { partsOf } from '../terminal/progress.ts'
import { remarkLines } from '../words/change-lines.ts'
import { AtOnce } from './at-once.ts'
import { ChangeCount } from './change-count.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { reportChange, sendChange, type WantedChange } from './make-change.ts'
import { filesAtOnceMax } from './put-file.ts'
import { printVerdict } from './report.ts'
import { wantedAgain } from './wanted-again.ts'

export interface FolderRestore {
  readonly path: FolderPath
  readonly past: Past
  readonly conditions: Omit<Wish, 'what'>
}

/** @throws NoServerError, after what was done is told; ReaderGoneError. */
export async function restoreFolder(context: CommandContext, request: FolderRestore): Promise<ExitStatus> {
  const { path, past, conditions } = request
  const { ack = null } = conditions
  const count = new ChangeCount(context, 'restore')
  const shown = path === wholeTree ? '/' : path
  const work = context.progress.begin(shown)
  const inFolder: CommandContext = { ...context, progress: partsOf(work, context.progress) }
  const { gone, made, files } = sorted(past.entries)
  try {
    await sendAll(
      inFolder,
      count,
      gone.map(entry => wantedAgain(entry, { ack })),
    )
    await sendAll(
      inFolder,
      count,
      made.map(({ path }) => wantedFolder(path, { ack })),
    )
    await sendAll(
      inFolder,
      count,
      files.map(entry => wantedAgain(entry, { ack })),
    )
  } finally {
    work.end()
    if (!context.json) await printVerdict(context, count.lines(shown))
  }
  return count.status
}

/** What has to go first, the folders that nothing is in, and the files. */
function sorted(entries: readonly PastEntry[]) {
  const gone: PastEntry[] = []
  for (const entry of entries)
    if (entry.type === 'absent' && !gone.some(({ path }) => isWithin(entry.path, path))) gone.push(entry)
  const files = entries.filter(({ type }) => type === 'file')
  const folders = entries.filter(({ type }) => type === 'folder')
  const holding = new Set<string>()
  for (const { path } of [...files, ...folders])
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      holding.add(path.slice(0, at))
  return { gone, made: folders.filter(({ path }) => !holding.has(path)), files }
}

function wantedFolder(path: FilePath, conditions: Omit<Wish, 'what'>): WantedChange {
  const wish: Wish = { ...conditions, what: { type: 'mkdir', path, parents: true } }
  return { command: 'mkdir', subject: path, wish, source: null, nothingToDo: 'is there already' }
}

async function sendAll(
  context: CommandContext,
  count: ChangeCount,
  changes: readonly WantedChange[],
): Promise<void> {
  const sending = new AtOnce(filesAtOnceMax)
  try {
    for (const wanted of changes) await sending.start(() => send(context, count, wanted))
  } finally {
    await sending.finish()
  }
}

/** What every node has is not worth a line to a person, in a folder of many. */
async function send(context: CommandContext, count: ChangeCount, wanted: WantedChange): Promise<void> {
  const outcome = await sendChange(context, wanted)
  count.add(wanted, outcome)
  const isQuietlyDone =
    'done' in outcome && outcome.done.error === null && remarkLines(outcome.done).length === 0
  if (context.json || !isQuietlyDone) await reportChange(context, wanted, outcome)
}
