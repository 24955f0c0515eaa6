/**
 * What a path, and all that is or was below it, was behind an operation: only what is otherwise since, and the path itself.
 * As far back as the journal goes. Clause: protocol/README.md "PAST".
 */
import { ConcurError, type ErrorCode } from '../../../protocol/errors.ts'
import { type FilePath, type FolderPath, isWithin, wholeTree } from '../../../protocol/path.ts'
import type { Change, DeletedEntry, JournalEntry } from '../../../protocol/record.ts'
import type { JournalReader } from '../ahead.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import { type Was, WasOf } from './was.ts'

const readBytes = 1024 * 1024

export interface PastSources {
  readonly journal: Pick<JournalReader, 'begin' | 'readAfter'>
  readonly paths: Pick<PathIndex, 'get' | 'below'>
  /** Up to here the index says what the records made; it moves on. */
  readonly settledSeq: () => number
  /** What lay in a folder that was deleted. @throws ConcurError when that is not known any more. */
  listOf(entry: JournalEntry): Promise<readonly DeletedEntry[]>
  readonly slices: Slices
}

export interface PastStates {
  readonly at: number
  readonly states: ReadonlyMap<FilePath, Was>
}

/**
 * @param at the operation; null: the one before the last of this path.
 * @throws ConcurError NOT_FOUND: the journal does not know; IS_DIRECTORY: of a folder that is there, `at` has to be said.
 */
export async function pastOf(
  sources: PastSources,
  asked: FolderPath,
  at: number | null,
): Promise<PastStates> {
  const behind = at ?? beforeTheLast(sources, asked)
  assertKnown(sources, asked, behind)
  const abandoned = new Set<number>()
  const paths = await changedSince(sources, asked, behind)
  for await (const entry of recordsBehind(sources, behind)) {
    const { change } = entry.record
    if (change.type === 'abandoned') abandoned.add(change.abandonedSeq)
    if (!deletesFolder(change) || !touches(change.path, asked)) continue
    for (const { path } of await sources.listOf(entry)) if (isIn(path, asked)) paths.add(path)
  }
  const was = new WasOf({ at: behind, paths })
  // The index is read in the turn in which all that it says was told.
  for (let told = behind; told < sources.settledSeq() && !was.isComplete; )
    for await (const entry of recordsBehind(sources, told)) {
      const { seq, change } = entry.record
      told = seq
      if (abandoned.has(seq)) continue
      const needsList = deletesFolder(change) && was.hasIn(change.path)
      was.take(seq, change, needsList ? await sources.listOf(entry) : [])
    }
  return { at: behind, states: was.finish(name => sources.paths.get(name)) }
}

function beforeTheLast({ paths }: PastSources, asked: FolderPath): number {
  const state = asked === wholeTree ? ({ is: 'folder' } as const) : paths.get(asked as FilePath)
  if (state === null) throw refusal('NOT_FOUND', asked, 'it was never changed through the servers')
  if (state.is === 'folder')
    throw refusal('IS_DIRECTORY', asked, 'it is a folder; --at says what it is to be again')
  return state.seq - 1
}

function assertKnown({ journal, settledSeq }: PastSources, asked: FolderPath, at: number): void {
  if (at > settledSeq()) throw refusal('NOT_FOUND', asked, `there is no operation ${at} yet`)
  if (at < journal.begin.seq)
    throw refusal('NOT_FOUND', asked, `the journal begins behind ${journal.begin.seq} by now`)
}

/** What the index says was changed, whatever it is now. */
async function changedSince(
  { paths, slices }: PastSources,
  asked: FolderPath,
  at: number,
): Promise<Set<FilePath>> {
  const changed = new Set<FilePath>(asked === wholeTree ? [] : [asked as FilePath])
  for await (const piece of paths.below(asked)) {
    for (const [name, { seq }] of piece) if (seq > at) changed.add(name)
    if (slices.isUsedUp) await slices.next()
  }
  return changed
}

async function* recordsBehind({ journal, settledSeq, slices }: PastSources, at: number) {
  for (let seq = at; seq < settledSeq(); ) {
    const entries = journal.readAfter(seq, readBytes)
    if (entries.length === 0) return
    for (const entry of entries) {
      seq = entry.record.seq
      if (seq <= settledSeq()) yield entry
    }
    if (slices.isUsedUp) await slices.next()
  }
}

/** Whether it deletes a folder with what is in it. */
function deletesFolder(change: Change): change is Extract<Change, { type: 'delete' }> {
  return change.type === 'delete' && change.what === 'folder' && change.body.bytes > 0
}

/** Whether one of them lies in the other. */
function touches(folder: FilePath, asked: FolderPath): boolean {
  return isIn(folder, asked) || isWithin(asked, folder)
}

function isIn(path: FilePath, folder: FolderPath): boolean {
  return folder === wholeTree || isWithin(path, folder)
}

function refusal(code: ErrorCode, asked: FolderPath, sentence: string): ConcurError {
  return new ConcurError(code, `${asked === wholeTree ? '/' : asked}: ${sentence}`)
}
