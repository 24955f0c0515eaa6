/** The change that makes a path what it was. */
import type { Digest } from '../../protocol/digest.ts'
import type { PastEntry } from '../../protocol/past-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Wish } from '../sending/wish.ts'
import type { WantedChange } from './make-change.ts'

/** @returns the change that makes a path what it was, where that was no folder. */
export function wantedAgain(entry: PastEntry, conditions: Omit<Wish, 'what'>): WantedChange {
  const { path, type, at, size, digest } = entry
  if (type === 'file') return wantedFile({ path, at, size, digest: digest! }, conditions)
  return {
    command: 'rm',
    subject: path,
    wish: { ...conditions, what: { type: 'delete', path, recursive: true, force: true } },
    source: null,
    nothingToDo: `nothing is there, as behind seq ${at}`,
  }
}

export function wantedFile(
  what: { path: FilePath; at: number | null; size: number | null; digest: Digest },
  conditions: Omit<Wish, 'what'>,
): WantedChange {
  const wish: Wish = { ...conditions, what: { type: 'restore', ...what } }
  return { command: 'restore', subject: what.path, wish, source: null, nothingToDo: '' }
}
