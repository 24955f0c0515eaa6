/** `restore` of a folder: a change for each thing that is otherwise now, several at once, and one line in the end. */
import { ConcurError } from '../../protocol/errors.ts'
import type { PastEntry } from '../../protocol/past-messages.ts'
import { type FilePath, type FolderPath, foldersAbove, wholeTree } from '../../protocol/path.ts'
import type { Past } from '../reading/ask-past.ts'
import type { Wish } from '../sending/wish.ts'
import { partsOf } from '../terminal/progress.ts'
import { AtOnce } from './at-once.ts'
import { ChangeCount } from './change-count.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { foldersHolding } from './folders-holding.ts'
import { reportOneOfMany, sendChange, type WantedChange } from './make-change.ts'
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
  if (conditions.ifMatch != null || conditions.ifAbsent)
    throw new ConcurError('USAGE', '--if-match and --if-absent are about one file')
  const count = new ChangeCount(context, 'restore')
  const shown = path === wholeTree ? '/' : path
  const work = context.progress.begin(shown)
  const inFolder: CommandContext = { ...context, progress: partsOf(work, context.progress) }
  const { gone, made, files } = sorted(past.entries)
  try {
    await sendAll(
      inFolder,
      count,
      gone.map(entry => wantedAgain(entry, conditions)),
    )
    await sendAll(
      inFolder,
      count,
      made.map(({ path }) => wantedFolder(path, conditions)),
    )
    await sendAll(
      inFolder,
      count,
      files.map(entry => wantedAgain(entry, conditions)),
    )
  } finally {
    work.end()
    if (!context.json) await printVerdict(context, count.lines(shown))
  }
  return count.status
}

/** What has to go first, the folders that nothing is in, and the files. */
function sorted(entries: readonly PastEntry[]) {
  const absent = new Set<string>(entries.filter(({ type }) => type === 'absent').map(({ path }) => path))
  const goesWithFolder = (path: string) => [...foldersAbove(path)].some(folder => absent.has(folder))
  const gone = entries.filter(({ path, type }) => type === 'absent' && !goesWithFolder(path))
  const files = entries.filter(({ type }) => type === 'file')
  const folders = entries.filter(({ type }) => type === 'folder')
  const holding = foldersHolding([...files, ...folders].map(({ path }) => path))
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

async function send(context: CommandContext, count: ChangeCount, wanted: WantedChange): Promise<void> {
  const outcome = await sendChange(context, wanted)
  count.add(wanted, outcome)
  await reportOneOfMany(context, wanted, outcome)
}
