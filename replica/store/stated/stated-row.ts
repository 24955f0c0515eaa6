/** One path that was stated to this node, with what this node knew of it then. */
import { type Codec, list, optional, struct, union, type ValueOf } from '../../../protocol/codec.ts'
import type { Digest } from '../../../protocol/digest.ts'
import { digest } from '../../../protocol/fields.ts'
import type { Incarnation } from '../../../protocol/ids.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { type Change, type JournalEntry, newEntry, noHash } from '../../../protocol/record.ts'
import { type StatedFile, type StatedRow, statedRow } from '../../../protocol/state-messages.ts'
import type { PathState } from '../path-index.ts'

const knownMax = 0xffff

export const knownRow = struct(() => ({
  row: statedRow,
  /** What this node last settled for the path: the base, whatever the disk holds. */
  was: union('is', () => ({
    unknown: struct(() => ({})),
    absent: struct(() => ({})),
    folder: struct(() => ({})),
    file: struct(() => ({ digest: optional(digest) })),
  })),
  /** Contents that records of this node name which it had not settled. */
  known: list(digest, knownMax),
}))
export type KnownRow = ValueOf<typeof knownRow>

export const knownRows: Codec<readonly KnownRow[]> = list(knownRow, 0xffff)

export function knownRowOf(row: StatedRow, state: PathState | null, known: ReadonlySet<Digest>): KnownRow {
  const digests = [...known].slice(-knownMax)
  if (state === null) return { row, was: { is: 'unknown' }, known: digests }
  if (state.is !== 'file') return { row, was: { is: state.is }, known: digests }
  return { row, was: { is: 'file', digest: state.digest }, known: digests }
}

/** @returns what the index says when the row is settled. */
export function stateOf({ seq, state }: StatedRow): PathState {
  if (state.is !== 'file') return { seq, is: state.is }
  return { seq, is: 'file', digest: state.digest, size: state.size }
}

/** @returns whether the index says that already. */
export function isSame({ seq, state }: StatedRow, own: PathState | null): boolean {
  if (own === null || own.seq !== seq || own.is !== state.is) return false
  return own.is !== 'file' || own.digest === (state as StatedFile).digest
}

/** What is done to the tree for a row, in the order in which it is done for all. */
export const works = ['delete', 'remove folder', 'make folder', 'put'] as const
export type StatedWork = (typeof works)[number]

/** @returns which of these a row needs; a folder in the place of a file is two. */
export function worksOf({ row: { state }, was }: KnownRow): StatedWork[] {
  const needed: StatedWork[] = []
  const isGone = state.is === 'absent' && was.is === 'unknown'
  if (isGone || (was.is === 'file' && state.is !== 'file')) needed.push('delete')
  if (was.is === 'folder' && state.is !== 'folder') needed.push('remove folder')
  if (was.is !== 'folder' && state.is === 'folder') needed.push('make folder')
  if (state.is === 'file' && state.digest !== null && !(was.is === 'file' && was.digest === state.digest))
    needed.push('put')
  return needed
}

/** @returns the change that a record would be which makes of the path what the row says. */
export function changeOf({ row, was, known }: KnownRow): Change {
  const { path, state } = row
  const base = was.is === 'file' ? was.digest : null
  const common = { path, base, seen: known }
  if (state.is === 'folder') return { type: 'mkdir', path }
  if (state.is === 'absent' || state.digest === null || state.size === null)
    return {
      ...common,
      ...{ type: 'delete', what: was.is === 'folder' ? 'folder' : 'file', body: { bytes: 0, stage: null } },
    }
  const { digest, size, executable } = state
  return { ...common, type: 'put', digest, size, executable, body: { bytes: size, stage: null } }
}

/** @returns an entry of no journal, for a row that was stated at this record; always the same. */
export function entryOf({ row }: KnownRow, seq: number): JournalEntry {
  const timeMs = row.state.is === 'file' ? row.state.timeMs : 0
  return entryFor(changeOf({ row, was: { is: 'unknown' }, known: [] }), seq, timeMs)
}

/** @returns an entry of no journal, for a content that the record `seq` made of the path. */
export function contentEntry(made: {
  readonly path: FilePath
  readonly seq: number
  readonly size: number
  readonly digest: Digest
}): JournalEntry {
  const { path, seq, size, digest } = made
  const body = { bytes: size, stage: null }
  return entryFor({ type: 'put', path, base: null, seen: [], digest, size, executable: null, body }, seq, 0)
}

function entryFor(change: Change, seq: number, timeMs: number): JournalEntry {
  const common = { epoch: noEpoch, previous: noHash, client: null, operation: null }
  return newEntry({ ...common, seq, committedSeq: seq, timeMs, change }, null)
}

const noEpoch = { number: 0, incarnation: '0'.repeat(32) as Incarnation }
