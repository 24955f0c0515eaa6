/**
 * Tells which paths may have changed. It is a hint and nothing else: what it does not tell, a scan finds, and no answer to
 * anybody relies on it.
 */
import type { FilePath, FolderPath } from '../../../protocol/path.ts'
import type { Fd } from '../disk.ts'

/** What may have changed: one thing; a folder that is new under this name; one that is gone from it. */
export const changes = ['thing', 'new folder', 'lost folder'] as const
export type Change = (typeof changes)[number]

/** @returns what stands for both: the more there is to look at. */
export function moreOf(a: Change, b: Change): Change {
  return changes.indexOf(a) < changes.indexOf(b) ? b : a
}

export interface Watcher {
  /** Why changes in some folders, or in all, are not noticed; null: all folders are watched that were shown to it. */
  readonly unwatched: string | null
  /** Watches an open folder from now on, which has this path; it may have had another one before. */
  watch(folder: Fd, path: FolderPath): void
  /** Every folder is about to be shown to it. */
  beginRound(): void
  /** Every folder was shown to it: others are none of the tree's any more. */
  endRound(): void
  /** What happened since the last call. `isWhole` false: something was lost, and nobody knows what. */
  take(): { readonly changes: ReadonlyMap<FilePath, Change>; readonly isWhole: boolean }
  close(): void
}
