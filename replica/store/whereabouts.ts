/**
 * Where the result of a record may be by now: at its path, or where it was or where later records moved it, or in the
 * history of the record that took it away. Later records are read as far as somebody asks for further places, a page at a time.
 */
import { type FilePath, isWithin } from '../../protocol/path.ts'
import type { Change, JournalRecord } from '../../protocol/record.ts'
import type { JournalReader } from './ahead.ts'
import type { Slices } from './slices.ts'

const readBytes = 1024 * 1024

/** A place. `grew`: by later appends, so that the result is the beginning of what is there. */
export type Whereabout =
  | { readonly is: 'in the tree'; readonly path: FilePath; readonly grew: boolean }
  | { readonly is: 'in history'; readonly seq: number; readonly path: FilePath; readonly grew: boolean }

/** What made the result: `from`: where a rename took it from, null for other records. */
export interface Made {
  readonly seq: number
  readonly path: FilePath
  readonly from: FilePath | null
}

/**
 * @returns places in the order in which it comes to them: who has not settled a record yet has it where it was before.
 * That a record came later does not mean that it moved anything here.
 */
export async function* whereabouts(
  journal: JournalReader,
  { seq, path: first, from }: Made,
  slices: Slices,
): AsyncGenerator<Whereabout> {
  let path = first
  let grew = false
  if (from !== null) yield { is: 'in the tree', path: from, grew }
  yield { is: 'in the tree', path, grew }
  yield { is: 'in history', seq, path, grew }
  for await (const record of recordsBehind(journal, seq, slices)) {
    const { change } = record
    const fate = fateOf(path, change)
    if (fate === null) continue
    if (fate === 'extended') grew = true
    else yield { is: 'in history', seq: record.seq, path, grew }
    if (typeof fate !== 'object') continue
    path = fate.to
    yield { is: 'in the tree', path, grew }
  }
  if (grew) yield { is: 'in the tree', path, grew }
}

async function* recordsBehind(
  journal: JournalReader,
  seq: number,
  slices: Slices,
): AsyncGenerator<JournalRecord> {
  for (let at = seq; at < journal.last.seq; ) {
    const entries = journal.readAfter(at, readBytes)
    if (entries.length === 0) return
    for (const { record } of entries) {
      at = record.seq
      yield record
    }
    if (slices.isUsedUp) await slices.next()
  }
}

/** What a change does to the file at `path`; null: nothing. */
function fateOf(path: FilePath, change: Change): 'extended' | 'taken' | { readonly to: FilePath } | null {
  switch (change.type) {
    case 'put':
      return change.path === path ? 'taken' : null
    case 'append':
      return change.path === path ? 'extended' : null
    case 'delete':
      return isWithin(path, change.path) ? 'taken' : null
    case 'rename':
      if (isWithin(path, change.from))
        return { to: `${change.to}${path.slice(change.from.length)}` as FilePath }
      return isWithin(path, change.to) ? 'taken' : null
    default:
      return null
  }
}
