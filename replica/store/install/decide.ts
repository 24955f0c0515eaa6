/**
 * The three-way rule: what a record does on a disk that may hold something else than the record expects. One cell for
 * each change and each thing that the disk can hold; the same live, at start and in catch-up. Pure: it knows neither
 * disk nor journal. `keep`: the disk stays as it is, the path is named with a reason, the result is filed in this
 * node's history, and the position moves on. Clause: DESIGN.md section 5, ../README.md "When it is not possible".
 */

import type { Copy } from '../../../protocol/copies.ts'
import type { Digest } from '../../../protocol/digest.ts'

/**
 * What the disk holds at a path, in the words of one record. `older`: a content that this node settled before, which
 * the record does not name, since what came between was left out here.
 */
export const holdings = ['known', 'older', 'result', 'another file', 'absent', 'another type'] as const
export type Holds = (typeof holdings)[number]

export interface Contents {
  readonly base: Digest | null
  readonly seen: readonly Digest[]
  readonly older: readonly Digest[]
  /** None: a record whose result is no content. */
  readonly result: Digest | null
}

/** The result comes first: an earlier content may be the same. What cannot be read is nobody knows what. */
export function holds(copy: Copy, { base, seen, older, result }: Contents): Holds {
  if (copy.is === 'absent') return 'absent'
  if (copy.is === 'unreadable') return 'another file'
  if (copy.is !== 'file') return 'another type'
  if (copy.digest === result) return 'result'
  if (copy.digest === base || seen.includes(copy.digest)) return 'known'
  return older.includes(copy.digest) ? 'older' : 'another file'
}

type Row<Action> = Readonly<Record<Holds, Action>>

export const decidePut: Row<'exchange' | 'settled' | 'keep' | 'install'> = {
  known: 'exchange',
  older: 'exchange',
  result: 'settled',
  'another file': 'keep',
  absent: 'install',
  'another type': 'keep',
}

/** `whole`: the result is fetched as a whole and put. */
export const decideAppend: Row<'extend' | 'whole' | 'settled' | 'keep'> = {
  known: 'extend',
  older: 'whole',
  result: 'settled',
  'another file': 'keep',
  absent: 'whole',
  'another type': 'keep',
}

/** A delete has no result that the disk could hold: `result` is that of a later record, whose past the delete is. */
export const decideDelete: Row<'to history' | 'settled' | 'keep'> = {
  known: 'to history',
  older: 'to history',
  result: 'settled',
  'another file': 'keep',
  absent: 'settled',
  'another type': 'keep',
}

/** A folder's: what it makes is never a file, so that any file is another one. */
export function decideMkdir(copy: Copy): 'settled' | 'keep' | 'make' {
  if (copy.is === 'folder') return 'settled'
  return copy.is === 'absent' ? 'make' : 'keep'
}

/** Of a folder that has to be empty, or whose list of contents was worked off. */
export function decideRmdir(copy: Copy): 'settled' | 'keep' | 'remove' {
  if (copy.is === 'absent') return 'settled'
  return copy.is === 'folder' ? 'remove' : 'keep'
}

/** What becomes of a file's old name, and of its new one. */
export interface RenameAction {
  /** `move marked`: an edit moves with the name, and is named where it is then. */
  readonly source: 'move' | 'move marked' | 'to history' | 'keep' | 'gone'
  /** `fetch`: the content is asked of another node. `replace`: what is there gives way. */
  readonly target:
    | 'take the source'
    | 'replace by the source'
    | 'fetch'
    | 'replace by fetched'
    | 'keep'
    | 'settled'
}

type Source = 'here' | 'edited' | 'gone' | 'blocked'
type Target = 'free' | 'gives way' | 'taken' | 'done'

const renames: Readonly<Record<Target, Readonly<Record<Source, RenameAction>>>> = {
  free: {
    here: { source: 'move', target: 'take the source' },
    edited: { source: 'move marked', target: 'take the source' },
    gone: { source: 'gone', target: 'fetch' },
    blocked: { source: 'keep', target: 'fetch' },
  },
  'gives way': {
    here: { source: 'move', target: 'replace by the source' },
    edited: { source: 'move marked', target: 'replace by the source' },
    gone: { source: 'gone', target: 'replace by fetched' },
    blocked: { source: 'keep', target: 'replace by fetched' },
  },
  taken: {
    here: { source: 'to history', target: 'keep' },
    edited: { source: 'keep', target: 'keep' },
    gone: { source: 'gone', target: 'keep' },
    blocked: { source: 'keep', target: 'keep' },
  },
  done: {
    here: { source: 'to history', target: 'settled' },
    edited: { source: 'keep', target: 'settled' },
    gone: { source: 'gone', target: 'settled' },
    blocked: { source: 'keep', target: 'settled' },
  },
}

const sources: Row<Source> = {
  known: 'here',
  older: 'edited',
  result: 'here',
  'another file': 'edited',
  absent: 'gone',
  'another type': 'blocked',
}

/** `replaces`: whether a known content at the target gives way. */
export function decideRename(source: Holds, target: Holds, replaces: boolean): RenameAction {
  return renames[targetOf(target, replaces)][sources[source]]
}

function targetOf(holds: Holds, replaces: boolean): Target {
  if (holds === 'absent') return 'free'
  if (holds === 'result') return 'done'
  const isKnown = holds === 'known' || holds === 'older'
  return isKnown && replaces ? 'gives way' : 'taken'
}

/** Of a folder's old and new name. `absent`: it was never here, or is moved already: an empty one stands for it. */
export function decideFolderRename(
  source: Copy['is'],
  target: Copy['is'],
): {
  readonly source: 'move' | 'to history' | 'keep' | 'gone'
  readonly target: 'free' | 'make' | 'keep' | 'settled'
} {
  if (source === 'folder')
    return target === 'absent' ? { source: 'move', target: 'free' } : { source: 'to history', target: 'keep' }
  const left = source === 'absent' ? 'gone' : 'keep'
  if (target === 'absent') return { source: left, target: 'make' }
  return { source: left, target: target === 'folder' ? 'settled' : 'keep' }
}

/** How the content that gave way compares with what the journal had there. `wasDeleted`: nothing, by a record of its own. */
export function causeOf(
  digest: Digest,
  base: Digest | null,
  wasDeleted: boolean,
): 'never-replicated' | 'edited-on-disk' | null {
  if (digest === base) return null
  return base === null && !wasDeleted ? 'never-replicated' : 'edited-on-disk'
}
