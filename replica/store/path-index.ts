/**
 * What this node's journal made of each path, as far as it is settled here, and which contents it had before; across restarts. It can be made anew from
 * the journal: records are told to it again from `settledSeq` on, the last one whose effects were all flushed, and
 * whatever it knows of later ones already does no harm (path-states.ts). What was put is seen at once.
 */
import type { Digest } from '../../protocol/digest.ts'
import type { FilePath, FolderPath } from '../../protocol/path.ts'
import type { PathEntries } from './path-entries.ts'

/** `seq`: the last record that changed what the path is. */
export type PathState = { readonly seq: number } & (
  | {
      readonly is: 'file'
      /** None: a file that was never written through the journal, only moved by it. */
      readonly digest: Digest | null
      readonly size: number | null
    }
  | { readonly is: 'folder' }
  | { readonly is: 'absent' }
)

export interface PathIndex {
  /** @returns null: no record ever named the path, as far as is known. */
  get(path: FilePath): PathState | null
  put(path: FilePath, state: PathState): void
  /** `onPut` is called with each path that is put. @returns how to be told no more. */
  listen(onPut: (path: FilePath) => void): () => void
  /** The record made this content of the path, which is another one now; the last one that did so counts. */
  putContent(path: FilePath, digest: Digest, seq: number): void
  /** @returns the last record that made this content of the path, and was followed by another; null: none that is known. */
  seqOfContent(path: FilePath, digest: Digest): number | null
  /** What was put by `putContent`, each under the name that its digest makes. */
  readonly contents: Pick<PathEntries<number>, 'of' | 'paths'>
  /**
   * Everything below a folder, in no order that matters, in pieces. What is put below it meanwhile may be left out, or
   * come as it was before.
   */
  below(folder: FolderPath): AsyncGenerator<(readonly [FilePath, PathState])[]>
  /** @returns null when that was never said, or was lost. */
  readonly settledSeq: number | null
  setSettled(seq: number): void
  /** Returns when all that was put before is on the disk. @throws ConcurError NO_SPACE, IO_ERROR: some of it is not. */
  flush(): Promise<void>
}
