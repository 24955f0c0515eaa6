/**
 * One node's copy as the coordinator treats it, its own or a replica's: the same questions to either.
 */
import type { BlockRange } from '../protocol/block-ranges.ts'
import type { Digest } from '../protocol/digest.ts'
import type { ForgetRequest, ForgottenPath, HadContent } from '../protocol/history-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Entry } from '../protocol/messages.ts'
import type { Recall } from '../protocol/past-messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { TreeSum } from '../protocol/tree-sum.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import type { Cancel } from '../protocol/world.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import type { SumOptions } from '../replica/store/store.ts'

export interface LookOptions {
  /** Reads every byte now, whatever is known. */
  readonly deep: boolean
  /** The node answers when it has settled this record of the path; none: at once. */
  readonly settledSeq?: number | undefined
  /** The node still works on it. */
  onProgress(bytesDone: number, bytesTotal: number): void
  /** The answer may take as long as others like. `callOff`: it is not wanted any more, and never comes then. */
  onWaiting?(callOff: Cancel): void
}

export interface Node {
  readonly name: NodeName
  /** What the node's disk holds at the path. Never fails: a node that cannot say so says why. */
  look(path: FilePath, options: LookOptions): NodeAnswer | Promise<NodeAnswer>
  /**
   * Pours the content into `sink`: its size, the list of block digests, the bytes; `ranges`: of these blocks alone.
   * @throws ConcurError CHANGED when the node no longer holds that content, UNREACHABLE when the node is lost.
   */
  pour(path: FilePath, digest: Digest, sink: BodySink, ranges?: readonly BlockRange[]): Promise<void>
  /**
   * Pours a content that the path had behind an operation.
   * @returns whether the file may be run; null where nobody knows.
   * @throws ConcurError NOT_FOUND when the node does not have it any more, UNREACHABLE when the node is lost.
   */
  recall(recall: Recall, sink: BodySink): Promise<boolean | null>
  /**
   * The tree below a folder (or the one file) in pages, ordered by UTF-8 bytes of the path.
   * `buckets`: only what falls into these; only of all that is below.
   * @throws ConcurError NOT_FOUND when the path names nothing here, UNREACHABLE, IO_ERROR.
   */
  walk(
    folder: FolderPath,
    recursive: boolean,
    buckets?: ReadonlySet<number> | null,
  ): AsyncIterable<readonly Entry[]>
  /**
   * What the node's disk holds below a folder, or as the one file, in sums.
   * @throws ConcurError as `walk`; UNREACHABLE also when nobody wants them any more.
   */
  sum(folder: FolderPath, options: SumOptions): Promise<TreeSum>
  /**
   * The contents that a path and all below it had and that the node still has, path by path in the order of their keys.
   * @throws ConcurError UNREACHABLE, IO_ERROR.
   */
  had(path: FolderPath): AsyncIterable<readonly HadContent[]>
  /** What goes out of the node's history for good, or would, path by path as `had`. @throws ConcurError as `had`. */
  forget(wanted: ForgetRequest): AsyncIterable<readonly ForgottenPath[]>
}
